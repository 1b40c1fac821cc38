"""A certificate authority of one call, for hosts into whose connections the proxy must look, and for no others."""

import ssl
import tempfile
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from governance.egress.system_trust import system_file

_USES = (
    *("content_commitment", "crl_sign", "data_encipherment", "decipher_only", "digital_signature", "encipher_only"),
    *("key_agreement", "key_cert_sign", "key_encipherment"),
)
_LIFE = timedelta(days=1)


class Authority:
    """Signs for the hosts that it is asked for. Its key lives in memory, and no longer than the call."""

    def __init__(self) -> None:

        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Nexora, for one command")])
        self._contexts: dict[str, ssl.SSLContext] = {}
        usage = dict.fromkeys(("content_commitment", "data_encipherment", "encipher_only", "decipher_only"), False)
        signs = x509.KeyUsage(
            digital_signature=True,
            key_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            **usage,
        )
        own = (
            self._builder(self._key.public_key())
            .subject_name(self._name)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(signs, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
        )
        self._pem = self._signed(own)

    @property
    def bundle(self) -> bytes:
        """What a command is to trust, as PEM."""
        system = system_file({})
        return (system.read_bytes() + b"\n" if system else b"") + self._pem

    def context_for(self, host: str) -> ssl.SSLContext:
        """Speaks TLS as that host, HTTP/1.1 only."""
        if host not in self._contexts:
            self._contexts[host] = self._made(host)
        return self._contexts[host]

    def _made(self, host: str) -> ssl.SSLContext:

        key = ec.generate_private_key(ec.SECP256R1())
        leaf = (
            self._builder(key.public_key())
            .subject_name(x509.Name([]))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=True)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        own = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(["http/1.1"])
        with tempfile.NamedTemporaryFile(prefix="nexora-", suffix=".pem") as file:
            file.write(own + self._signed(leaf))
            file.flush()
            context.load_cert_chain(file.name)
        return context

    def _builder(self, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .issuer_name(self._name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _LIFE)
            .not_valid_after(now + _LIFE)
        )

    def _signed(self, builder: x509.CertificateBuilder) -> bytes:

        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
