"""The guard of the suite itself: no test reaches another machine, whichever way it tries."""

import asyncio
import socket

import aiohttp
import pytest

from tests.conftest import OutsideSocket

AWAY = "192.0.2.1"
"""Reserved for documentation: nobody is there, should the guard ever fail."""


def test_a_connection_to_another_machine_is_refused():
    with pytest.raises(OutsideSocket, match=AWAY):
        socket.create_connection((AWAY, 9), timeout=0.1)


def test_a_datagram_to_another_machine_is_refused():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender, pytest.raises(OutsideSocket, match=AWAY):
        sender.sendto(b"x", (AWAY, 9))


def test_a_name_of_another_machine_is_not_even_looked_up():
    with pytest.raises(OutsideSocket, match=r"nowhere\.example"):
        socket.getaddrinfo("nowhere.example", 443)


async def test_a_library_cannot_get_out_either():
    async with aiohttp.ClientSession() as http:
        with pytest.raises(OutsideSocket):
            await http.get(f"http://{AWAY}:9/")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
async def test_this_machine_can_be_reached(host):
    server = await asyncio.start_server(lambda _, writer: writer.close(), host, 0)
    async with server:
        _, writer = await asyncio.open_connection(host, server.sockets[0].getsockname()[1])
        writer.close()
        await writer.wait_closed()

    assert not server.is_serving()
