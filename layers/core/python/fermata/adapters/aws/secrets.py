"""Secrets sealed by KMS, and keys to sign with that come from there."""

from __future__ import annotations

import base64

from fermata.adapters.aws.clients import Clients
from fermata.adapters.aws.errors import translated
from fermata.domain.errors import InvalidInput, NotFound

MAX_TEXT = 4096
"""Bytes that KMS encrypts by itself."""

MAX_KEYS = 1_000
"""Keys that are remembered; a tenant needs a few."""


class KmsSecrets:
    """Implements :class:`fermata.ports.Secrets`; the context shows in CloudTrail and must hold no secret itself."""

    def __init__(self, key_id: str, clients: Clients | None = None, mac_key_id: str = "") -> None:
        self._key_id = key_id
        self._mac_key_id = mac_key_id
        self._clients = clients or Clients()
        self._keys: dict[str, bytes] = {}

    def seal(self, text: str, context: dict[str, str]) -> str:
        """Raises InvalidInput for a text of more than 4 KB."""
        plain = text.encode(errors="surrogatepass")
        if not 0 < len(plain) <= MAX_TEXT:
            raise InvalidInput("secrets", f"take 1 to {MAX_TEXT} bytes in all")
        with translated():
            answer = self._clients.kms.encrypt(KeyId=self._key_id, Plaintext=plain, EncryptionContext=context)
        return base64.b64encode(answer["CiphertextBlob"]).decode()

    def open(self, sealed: str, context: dict[str, str]) -> str:
        """Raises NotFound when it was sealed in another context, or not by this key."""
        client = self._clients.kms
        with translated():
            try:
                blob = base64.b64decode(sealed, validate=True)
                answer = client.decrypt(KeyId=self._key_id, CiphertextBlob=blob, EncryptionContext=context)
            except (client.exceptions.InvalidCiphertextException, client.exceptions.IncorrectKeyException):
                raise NotFound("secret", "in this context") from None
            except ValueError:
                raise NotFound("secret", "in this context") from None
        return answer["Plaintext"].decode(errors="surrogatepass")

    def key(self, purpose: str) -> bytes:
        """What the stack's MAC key makes of the purpose: nobody has it who may not use that key. One call for each purpose."""
        if purpose not in self._keys:
            message = purpose.encode(errors="surrogatepass")
            with translated():
                answer = self._clients.kms.generate_mac(
                    KeyId=self._mac_key_id, Message=message, MacAlgorithm="HMAC_SHA_256"
                )
            if len(self._keys) >= MAX_KEYS:
                self._keys.clear()
            self._keys[purpose] = answer["Mac"]
        return self._keys[purpose]
