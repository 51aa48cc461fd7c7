"""The carrier's configuration: who may say what on NATS. What is enforced here makes a subject tell truly who spoke."""

import json
from collections.abc import Mapping

from qorgan.kernel.ids import SiteId


def nats_conf(*, host: str, port: int, centre_password: str, site_passwords: Mapping[SiteId, str]) -> str:
    """The text of `nats.conf`. It holds passwords: keep it 0600.

    A site publishes under its own subjects, hears its own commands and the answers to its own requests, and answers a
    command once. The centre may everything.
    """
    users = [_centre(centre_password), *(_site(site, password) for site, password in site_passwords.items())]
    return (
        f"host: {json.dumps(host)}\n"
        f"port: {port}\n"
        "server_name: qorgan\n"
        "max_payload: 1MB\n"
        "ping_interval: 10s\n"
        "lame_duck_duration: 30s\n"
        "authorization {\n  timeout: 2\n  users: [\n" + ",\n".join(users) + "\n  ]\n}\n"
    )


def _centre(password: str) -> str:
    return (
        f'    {{ user: "centre", password: {json.dumps(password)}, permissions: {{ publish: ">", subscribe: ">" }} }}'
    )


def _site(site: SiteId, password: str) -> str:
    speaks = json.dumps([f"q1.{site}.{lane}" for lane in ("alarm", "alarm.urgent", "event", "pulse", "media.>")])
    hears = json.dumps([f"q1.{site}.cmd.>", f"_INBOX.{site}.>"])
    return (
        f'    {{ user: "{site}", password: {json.dumps(password)}, permissions: {{\n'
        f"        publish: {{ allow: {speaks} }}, subscribe: {{ allow: {hears} }},\n"
        '        allow_responses: { max: 1, expires: "1m" } } }'
    )
