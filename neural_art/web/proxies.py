"""Proxies that a machine is set up with must not stand between the page and itself.

Gradio asks its own address whether it has started, through whatever proxy the environment names.
"""

from __future__ import annotations

import importlib.util
from collections.abc import MutableMapping
from typing import Final

LOCAL: Final = ("127.0.0.1", "localhost", "::1")
"""Names of this machine."""


def bypass_proxies(environment: MutableMapping[str, str], host: str) -> None:
    """Let this process reach itself, at ``host`` and by the usual names, without a proxy.

    A SOCKS proxy is forgotten where the package that could use it is missing: its mere mention would be an error, and
    the page asks nothing of the network.
    """
    for name in ("no_proxy", "NO_PROXY"):  # programs differ in which they read
        listed = [each.strip() for each in environment.get(name, "").split(",") if each.strip()]
        environment[name] = ",".join(dict.fromkeys([*listed, *LOCAL, host]))
    if importlib.util.find_spec("socksio") is None:
        for name, address in list(environment.items()):
            if name.lower().endswith("_proxy") and address.lower().startswith("socks"):
                del environment[name]
