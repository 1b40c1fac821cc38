"""How a server's certificate is verified, and what is said of one that is not trusted.

Python 3.13 began to refuse certificates that leave out what RFC 5280 demands, mostly the authority key identifier. Many
a company's own authority issues such; `tls: {strict: false}` in the settings of a channel takes them, and nothing else.
"""

import ssl
from functools import lru_cache

import aiohttp

from channels.sayings import saying

_FORM_ALONE = range(80, 94)
"""OpenSSL's numbers of what only a strict check finds (X509_V_ERR_… of x509_vfy.h, `check_extensions`)."""


@lru_cache(maxsize=8)
def context(ca_file: str | None = None, *, strict: bool = True, added: str | None = None) -> ssl.SSLContext:
    """What a server's certificate is verified against; built once, for it costs 40 ms.

    ca_file: trusted instead of the system's certificates. added: trusted beside them. Raises OSError for a bad file.

    strict: as strict as this Python is by itself. Otherwise the form that RFC 5280 demands is not insisted on; who
    issued the certificate, for which name and until when is verified all the same.
    """
    made = ssl.create_default_context(cafile=ca_file)
    if added:
        made.load_verify_locations(cafile=added)
    if not strict:
        made.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return made


def why(error: BaseException) -> str:
    """Why a connection was not made: what is wrong with the certificate, in a sentence, else the kind of the error."""
    refused = error.certificate_error if isinstance(error, aiohttp.ClientConnectorCertificateError) else error
    if isinstance(refused, ssl.SSLCertVerificationError):
        return saying("certificate", why=missing(refused))
    return type(error).__name__


def missing(error: ssl.SSLCertVerificationError) -> str:
    """What the certificate lacks, and what helps where its form alone is wrong."""
    words = error.verify_message.rstrip(".")
    if error.verify_code not in _FORM_ALONE:
        return words
    return saying("certificate_form", words=words)
