"""asyncio_client PORT: prints what a server says. asyncio uses the sockets of tabi, if the program runs on tabi."""

import asyncio
import sys


async def main(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    print((await reader.read()).decode(), end="")
    writer.close()
    await writer.wait_closed()


asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 9000))
