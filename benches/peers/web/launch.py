"""launch.py nginx|apache|gunicorn FOLDER: a web server on a free port of loopback, which is printed when it listens.

The process becomes the server. FOLDER is for its files. Each answers every request with the same head and the same 13 bytes.
"""

import os
import resource
import socket
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
BODY = "hello, world\n"
THREADS = 16
#: Seconds after which the server is given up.
START = 20

NGINX = """
daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log stderr crit;
worker_rlimit_nofile 20000;
events {{ worker_connections 16000; }}
http {{
    access_log off; keepalive_timeout 600; keepalive_requests 100000000;
    client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder};
    scgi_temp_path {folder};
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location / {{ default_type text/plain; return 200 "hello, world\\n"; }}
    }}
}}
"""

# When all of its threads are busy, Apache closes connections that are kept. It has so many that this does not happen.
APACHE = """
ServerRoot {folder}
ServerName localhost
PidFile {folder}/pid
ErrorLog /dev/null
DefaultRuntimeDir {folder}
Listen 127.0.0.1:{port}
ListenBacklog 4096
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule dir_module {modules}/mod_dir.so
DirectoryIndex index.html
StartServers 1
ServerLimit 1
ThreadLimit 256
ThreadsPerChild 256
MaxRequestWorkers 256
AsyncRequestWorkerFactor 200
FileETag None
KeepAlive On
KeepAliveTimeout 600
MaxKeepAliveRequests 0
DocumentRoot {folder}
User nobody
Group nogroup
<Directory {folder}>
    Require all granted
</Directory>
"""


def commands(name, folder, port):
    values = {"folder": folder, "port": port, "modules": "/usr/lib/apache2/modules"}
    if name == "nginx":
        (folder / "nginx.conf").write_text(NGINX.format(**values))
        return ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    if name == "apache":
        (folder / "index.html").write_text(BODY)
        configuration = folder / "apache.conf"
        configuration.write_text(APACHE.format(**values))
        return ["apache2", "-D", "FOREGROUND", "-f", str(configuration)]
    return [
        *(sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--backlog", "4096", "--workers", "1"),
        *("--worker-class", "gthread", "--threads", str(THREADS), "--worker-connections", "16000"),
        *("--keep-alive", "600", "--log-level", "critical", "--chdir", str(HERE), "application:application"),
    ]


def tell_when_it_listens(port):
    """Prints the port from a process that is no child of the server."""
    if os.fork():
        os.wait()
        return
    if os.fork():
        os._exit(0)
    until = time.monotonic() + START
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            print(port, flush=True)
            break
    os._exit(0)


def main():
    name, folder = sys.argv[1], Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    command = commands(name, folder, port)
    tell_when_it_listens(port)
    # The reader of the port must see the end of the file when that process has ended.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
