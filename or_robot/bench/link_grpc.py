"""gRPC as a contender of the yardstick `link`; its package is not needed by anything else.

Over the generic interface with the same msgpack bodies and without encryption, which favours it.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.synchronize import Event

import grpc
import msgspec

from or_robot.bench.link_peers import Ask, Bench, Peer, ask_both, makers_of


def serve_grpc(bench: Bench, ready: Event) -> None:
    makers = makers_of(bench, msgspec.msgpack.encode)
    methods = {
        what: grpc.unary_unary_rpc_method_handler(lambda _request, _context, make=make: make())
        for what, make in makers.items()
    }
    server = grpc.server(ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("bench", methods),))
    server.add_insecure_port(f"127.0.0.1:{bench.port}")
    server.start()
    ready.set()
    server.wait_for_termination()


@contextmanager
def dial_grpc(bench: Bench) -> Iterator[Ask]:
    with grpc.insecure_channel(f"127.0.0.1:{bench.port}") as channel:
        calls = {what: channel.unary_unary(f"/bench/{what}") for what in ("card", "image")}
        yield lambda: ask_both(lambda what: calls[what](b""), msgspec.msgpack.decode)


GRPC = Peer("grpc", "none", serve_grpc, dial_grpc)
