"""A certificate for loopback, made for one test, in files."""

from pathlib import Path

import trustme


def loopback_certificate(folder: Path) -> Path:
    """Write `cert.pem`, `key.pem` and the `ca.pem` that vouches for them; the answer is the folder."""
    ca = trustme.CA()
    issued = ca.issue_cert("127.0.0.1", "localhost")
    issued.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    issued.private_key_pem.write_to_path(folder / "key.pem")
    ca.cert_pem.write_to_path(folder / "ca.pem")
    return folder
