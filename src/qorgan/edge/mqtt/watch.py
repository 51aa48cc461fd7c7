"""The node's side of the broker: presses become alarms, wills and silence become faults, lamps go back.

MQTT 5 with QoS 1, and the broker is answered (PUBACK) only after the commit (I1): what dies in between is delivered
again, under the same press. The session outlives a restart of the node, so that presses wait at the broker for an hour.
A retained press is an old one that the broker shows to everybody who comes: it is counted and never an alarm. At most
`IN_FLIGHT` messages are under way (Receive Maximum): the broker keeps the rest. It drops what is longer than
`MAX_PACKET_BYTES` (MQTT 5 §3.1.2.11.4). Of a button that asks for no answer (QoS 0) at most `MAX_WAITING` wait; more
are dropped and counted. While the broker is away for longer than `BROKER_LOST_S` all its buttons are silent.
"""

import asyncio
import ssl
from collections.abc import Callable
from typing import Any

import msgspec
import structlog
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from qorgan.edge.config import Button, EdgeConfig, Mqtt
from qorgan.edge.core.life import ButtonLife
from qorgan.edge.core.node import Node
from qorgan.edge.core.outbox import AlarmStatus
from qorgan.edge.core.signals import Signal
from qorgan.edge.secrets import SecretStore
from qorgan.kernel.backoff import Backoff
from qorgan.kernel.clock import Clock
from qorgan.kernel.errors import Exhausted, Invalid, LinkDown, QorganError, Unavailable
from qorgan.protocols import radio

SOURCE = "mqtt"
CONNECT_WITHIN_S = 5.0
KEEPALIVE_S = 10
SESSION_EXPIRY_S = 3_600
IN_FLIGHT = 64
MAX_PACKET_BYTES = 16_384
MAX_WAITING = 1_000
BROKER_LOST_S = 25.0  # with the look and the telling a fault within 30 s
log = structlog.get_logger(__name__)


class RadioWatch:
    """Owner of the session at the broker."""

    def __init__(self, config: EdgeConfig, node: Node, secrets: SecretStore, clock: Clock) -> None:
        assert config.mqtt is not None
        self._broker: Mqtt = config.mqtt
        self._site, self._node, self._secrets, self._clock = config.site.id, node, secrets, clock
        self._radios = {button.mqtt: button for button in config.buttons if button.mqtt}
        self._by_key = {str(button.key): name for name, button in self._radios.items()}
        self._lost_at: float | None = clock.monotonic()  # since when the broker is away
        self._life = ButtonLife(self._radios.values(), SOURCE, node, clock, self._broker_lost)
        self._client: Client | None = None
        self._complained = False
        self.retained_presses = 0
        self.strangers = 0
        self.dropped = 0
        node.on_progress(self._progressed)

    async def run(self) -> None:
        """Stay connected, and look for silence, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_connected(), name="mqtt:connection")
            group.create_task(self._life.run(), name="mqtt:silence")

    def status(self) -> dict[str, Any]:
        """Counters for `GET /health`."""
        return {
            "connected": self._client is not None,
            "retained_presses": self.retained_presses,
            "strangers": self.strangers,
            "dropped": self.dropped,
        }

    async def _keep_connected(self) -> None:
        backoff = Backoff(first=0.5, limit=10.0, floor=0.2)
        while True:
            try:
                await self._converse(backoff.reset)
            except LinkDown as error:
                (log.debug if self._complained else log.error)("mqtt.lost", reason=str(error))
                self._complained = True
            await self._clock.sleep(backoff.next())

    async def _converse(self, on_up: Callable[[], None]) -> None:
        """One connection, until it is lost. Raises `LinkDown`."""
        loop = asyncio.get_running_loop()
        messages: asyncio.Queue[MQTTMessage | None] = asyncio.Queue()  # bounded: IN_FLIGHT, and MAX_WAITING of QoS 0
        lost, up, subscribed = asyncio.Event(), asyncio.Event(), asyncio.Event()
        reasons: list[str] = []

        def told(event: asyncio.Event, reason: object = "") -> None:
            reasons.append(str(reason))
            event.set()
            if event is lost:
                messages.put_nowait(None)

        def on_connect(_client: Client, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
            loop.call_soon_threadsafe(told, lost if code.is_failure else up, code)

        def on_disconnect(_client: Client, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
            loop.call_soon_threadsafe(told, lost, code)

        def on_message(_client: Client, _data: Any, message: MQTTMessage) -> None:
            loop.call_soon_threadsafe(self._queue, messages, message)

        def on_subscribe(_client: Client, _data: Any, _mid: int, _codes: Any, _properties: Any) -> None:
            loop.call_soon_threadsafe(told, subscribed)

        client = await self._make_client()
        client.on_subscribe = on_subscribe
        client.on_connect, client.on_disconnect, client.on_message = on_connect, on_disconnect, on_message
        connecting = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        connecting.SessionExpiryInterval = SESSION_EXPIRY_S
        connecting.ReceiveMaximum = IN_FLIGHT
        connecting.MaximumPacketSize = MAX_PACKET_BYTES
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                await asyncio.to_thread(
                    client.connect,
                    self._broker.host,
                    self._broker.port,
                    keepalive=KEEPALIVE_S,
                    clean_start=False,
                    properties=connecting,
                )
                client.loop_start()
                await _first(up, lost)
                if not up.is_set():
                    raise LinkDown(f"the broker refuses us: {reasons[-1]}")
                self._subscribe(client)
                await _first(subscribed, lost)
            self._client, self._lost_at, self._complained = client, None, False
            on_up()
            log.info("mqtt.connected", buttons=len(self._radios))
            await self._serve(client, messages)
        except (OSError, ValueError) as error:  # TimeoutError and ssl.SSLError are OSErrors
            raise LinkDown(f"{type(error).__name__}: {error}") from error
        finally:
            if self._client is not None:
                self._client, self._lost_at = None, self._clock.monotonic()
            await asyncio.shield(asyncio.to_thread(_stop, client))

    async def _make_client(self) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"qorgan-core-{self._site}",
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.connect_timeout = CONNECT_WITHIN_S
        if self._broker.user is not None:
            try:
                password = await asyncio.to_thread(self._secrets.get, "mqtt")
            except QorganError as error:
                raise LinkDown(str(error)) from error
            client.username_pw_set(self._broker.user, password)
        if self._broker.tls:
            try:
                client.tls_set_context(ssl.create_default_context(cafile=self._broker.tls_ca))
            except OSError as error:
                raise LinkDown(f"the broker's authority cannot be read: {error}") from error
        return client

    def _queue(self, messages: asyncio.Queue[MQTTMessage | None], message: MQTTMessage) -> None:
        if message.qos == 0 and messages.qsize() >= MAX_WAITING:
            self.dropped += 1
            return
        messages.put_nowait(message)

    def _subscribe(self, client: Client) -> None:
        """Our own buttons alone, by name: what else is on the broker does not reach us.

        Not retain-as-published: a press that a careless button marks as retained comes unmarked while it is live
        (MQTT 5 §3.8.3.1), and is an alarm; marked is only what the broker kept from before.
        """
        options = SubscribeOptions(qos=1, retainAsPublished=False)
        topics = [topic(self._site, name) for name in self._radios for topic in (radio.press_topic, radio.state_topic)]
        client.subscribe([(topic, options) for topic in topics])

    async def _serve(self, client: Client, messages: asyncio.Queue[MQTTMessage | None]) -> None:
        """Take what comes, in order, and answer the broker when it is durable. Raises `LinkDown` at the end."""
        while (message := await messages.get()) is not None:
            await self._take(message)
            client.ack(message.mid, message.qos)
        raise LinkDown("the connection was lost")

    async def _take(self, message: MQTTMessage) -> None:
        """Returns when it is durable, or need not be. Raises `LinkDown` when it could not be: it comes again."""
        place = radio.read_topic(self._site, message.topic)
        button = None if place is None else self._radios.get(place[0])
        if place is None or button is None:
            self.strangers += 1
            return
        if place[1] == "state":
            self._hear_state(button, message)
            return
        if message.retain:
            self.retained_presses += 1
            log.warning("mqtt.retained_press", button=button.key, seen=self.retained_presses)
            return
        self._life.heard(button.key)
        try:
            await self._node.signal(self._signal(button, place[0], bytes(message.payload)))
        except (Unavailable, Exhausted) as error:
            raise LinkDown(f"a press could not be stored, the broker keeps it: {error}") from error

    def _signal(self, button: Button, name: str, payload: bytes) -> Signal:
        press = radio.read_press(name, payload, self._clock.now().timestamp())
        return Signal(
            source_key=button.key,
            source=SOURCE,
            place=button.place,
            cameras=button.cameras,
            level=press.gesture.level,
            kind=press.kind,
            code=press.gesture.value if press.readable else "unreadable",
            press=press.press,
        )

    def _hear_state(self, button: Button, message: MQTTMessage) -> None:
        """A retained state is what the broker remembers: what it says counts, but it is no sign of life."""
        try:
            self._life.say(button.key, radio.read_state(bytes(message.payload)), now=not message.retain)
        except Invalid as error:
            log.warning("mqtt.bad_state", button=button.key, reason=str(error))

    def _broker_lost(self) -> bool:
        return self._lost_at is not None and self._clock.monotonic() - self._lost_at > BROKER_LOST_S

    def _progressed(self, status: AlarmStatus) -> None:
        """Show at the button how far its alarm is; when the broker is away nothing is shown."""
        name, client = self._by_key.get(status.source_key), self._client
        if name is None or client is None:
            return
        body = msgspec.json.encode({"alarm": str(status.alarm), "state": status.furthest})
        client.publish(radio.lamp_topic(self._site, name), body, qos=1)


async def _first(*events: asyncio.Event) -> None:
    tasks = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


def _stop(client: Client) -> None:
    client.disconnect()
    client.loop_stop()
