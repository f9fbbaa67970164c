"""The WSGI application on cheroot with sixteen threads."""

import resource

from application import application
from cheroot import wsgi

resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
server = wsgi.Server(("127.0.0.1", 0), application, numthreads=16, request_queue_size=4096, timeout=600)
server.keep_alive_conn_limit = 16000
server.prepare()
print(server.bind_addr[1], flush=True)
server.serve()
