"""A throwaway certificate authority: for TLS servers that a test runs on the loopback."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cdp.kernel import clock


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority that nobody else believes in; `pem` is the file to believe it by."""

    pem: Path
    _key: ec.EllipticCurvePrivateKey
    _name: x509.Name

    def server(self, *hosts: str) -> ssl.SSLContext:
        """Return a server's side of TLS with a certificate for `hosts`."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0])])
        made = _sign(name, self._name, key=key, by=self._key, hosts=hosts)
        both = self.pem.with_name(f"{hosts[0]}.pem")
        both.write_bytes(_private(key) + made.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(both)
        return context


def authority(folder: Path) -> Authority:
    """Make an authority; its files go into `folder`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tests alone")])
    made = _sign(name, name, key=key, by=key, hosts=())
    pem = folder / "authority.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return Authority(pem, key, name)


def _sign(
    subject: x509.Name,
    issuer: x509.Name,
    *,
    key: ec.EllipticCurvePrivateKey,
    by: ec.EllipticCurvePrivateKey,
    hosts: Sequence[str],
) -> x509.Certificate:
    now = clock.now()
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=not hosts, path_length=None), critical=True)
    )
    if hosts:
        names = [x509.DNSName(host) for host in hosts]
        made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return made.sign(by, hashes.SHA256())


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
