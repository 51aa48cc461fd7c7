"""A radio button that does not exist: an MQTT 5 client with a last will and a battery, whose presses arrive."""

import ssl
import threading
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import msgspec
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from qorgan.kernel.errors import Unavailable
from qorgan.kernel.ids import uuid7
from qorgan.protocols import radio

ANSWER_WITHIN_S = 30.0


class SimRadio:
    """Use with `with`; blocks. Says that it is alive when it begins; `vanish` is what a dead battery does."""

    def __init__(
        self, site: str, name: str, *, host: str, port: int, password: str | None = None, tls_ca: Path | None = None
    ) -> None:
        self._site, self._name, self._host, self._port = site, name, host, port
        self.lamp: list[str] = []
        self._up = threading.Event()
        self._client = Client(
            CallbackAPIVersion.VERSION2, client_id=f"{site}-{name}", protocol=MQTTProtocolVersion.MQTTv5
        )
        if tls_ca is not None:
            self._client.tls_set_context(ssl.create_default_context(cafile=tls_ca))
        if password is not None:
            self._client.username_pw_set(name, password)
        self._client.will_set(radio.state_topic(site, name), b'{"online": false}', qos=1, retain=True)
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message

    def __enter__(self) -> Self:
        try:
            self._client.connect(self._host, self._port, keepalive=5)
        except OSError as error:
            raise Unavailable(f"no broker at {self._host}:{self._port}: {error}") from error
        self._client.loop_start()
        if not self._up.wait(ANSWER_WITHIN_S):
            raise Unavailable("the broker does not answer")
        self.tell()
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def tell(self, **state: Any) -> None:
        """Say how it is: `battery`, `tamper`."""
        body = msgspec.json.encode({"online": True, **state})
        self._publish(radio.state_topic(self._site, self._name), body, retain=True)

    def press(self, gesture: str = "police", *, press: UUID | None = None, retain: bool = False) -> UUID:
        """Press; returns once the broker has it."""
        id = press or uuid7()
        body = msgspec.json.encode({"press": str(id), "gesture": gesture})
        self._publish(radio.press_topic(self._site, self._name), body, retain=retain)
        return id

    def say(self, payload: bytes) -> None:
        """Something that is no press, on the topic of presses."""
        self._publish(radio.press_topic(self._site, self._name), payload, retain=False)

    def say_state(self, payload: bytes) -> None:
        """Something that is no state, on the topic of states."""
        self._publish(radio.state_topic(self._site, self._name), payload, retain=True)

    def vanish(self) -> None:
        """Go without a good-bye: the broker speaks the last will."""
        socket = self._client.socket()
        self._client.loop_stop()
        if socket is not None:
            socket.close()

    def _publish(self, topic: str, body: bytes, *, retain: bool) -> None:
        told = self._client.publish(topic, body, qos=1, retain=retain)
        told.wait_for_publish(ANSWER_WITHIN_S)

    def _on_connect(self, client: Client, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
        if not code.is_failure:
            client.subscribe(radio.lamp_topic(self._site, self._name), qos=1)
            self._up.set()

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        self.lamp.append(str(msgspec.json.decode(message.payload)["state"]))
