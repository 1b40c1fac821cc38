"""The certificates of the mail servers: one as it should be, and one that does not name its issuer's key."""

from tests.platforms.certificates import Authority
from tests.platforms.mail.places import HOST, OLD_HOST, Places


def write(places: Places) -> None:
    """Write the authority, the servers' certificate with its key, and the other, for whoever calls them OLD_HOST."""
    authority = Authority()
    places.authority.write_bytes(authority.pem)
    certificate, key = authority.issue(HOST)
    places.certificate.write_bytes(certificate)
    places.key.write_bytes(key)
    old_certificate, old_key = authority.issue(OLD_HOST, names_its_issuer=False)
    places.old_certificate.write_bytes(old_key + old_certificate)
