# SPDX-License-Identifier: BSD-3-Clause
"""A throw-away certificate authority, and servers with good and bad certificates."""

import datetime
import ipaddress
import os
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CERTIFICATES = ("good", "wrong-host", "unknown-ca", "expired", "old-tls")
DAY = datetime.timedelta(days=1)


class Authority:
    def __init__(self, name):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        self.certificate = (
            self.builder(self.name, self.key, 30)
            .add_extension(x509.BasicConstraints(True, 0), True)
            .add_extension(usage, True)
            .sign(self.key, hashes.SHA256()))

    def builder(self, subject, key, days):
        now = datetime.datetime.now(datetime.timezone.utc)
        last = now + days * DAY
        return (x509.CertificateBuilder()
                .subject_name(subject).issuer_name(self.name).public_key(key.public_key())
                .serial_number(x509.random_serial_number())
                .not_valid_before(min(now, last) - 2 * DAY).not_valid_after(last)
                .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
                .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(
                    self.key.public_key()), False))

    def issue(self, names, days=30):
        """(certificate, key) of a server with these host names and addresses."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "local cloud")])
        certificate = (
            self.builder(subject, key, days)
            .add_extension(x509.BasicConstraints(False, None), True)
            .add_extension(x509.SubjectAlternativeName([general_name(n) for n in names]), False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
            .sign(self.key, hashes.SHA256()))
        return certificate, key


def general_name(name):
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM)


def private_pem(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                             serialization.NoEncryption())


def write_private(path, octets):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(octets)


class Certificates:
    """TLS contexts by kind, each made when it is first asked for."""

    def __init__(self, folder, names):
        self.folder, self.names = folder, names
        self.authority = Authority("local cloud, thrown away after use")
        self.ca_file = folder / "ca.pem"
        self.ca_file.write_bytes(pem(self.authority.certificate))
        self.made = {}

    def context(self, kind):
        if kind not in self.made:
            self.made[kind] = self.make(kind)
        return self.made[kind]

    def make(self, kind):
        if kind not in CERTIFICATES:
            raise ValueError(f"no certificate {kind}; there are {' '.join(CERTIFICATES)}")
        authority = Authority("nobody knows it") if kind == "unknown-ca" else self.authority
        names = ["elsewhere.example"] if kind == "wrong-host" else self.names
        certificate, key = authority.issue(names, -1 if kind == "expired" else 30)
        path = self.folder / f"server-{kind}.pem"
        write_private(path, pem(certificate) + private_pem(key))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if kind == "old-tls":
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        else:
            context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(path)
        return context
