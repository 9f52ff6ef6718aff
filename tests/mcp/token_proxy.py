"""token_proxy.py PORT TOKEN_FILE: adds the bearer token to each request for pyro on PORT, and prints its own port.

For a client that cannot send one. All else passes as it is, Host and Origin among it; a connection has one request.
"""
import socket
import sys
import threading


def pass_on(from_, to):
    try:
        while piece := from_.recv(65536):
            to.sendall(piece)
        to.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def serve(client, port, token):
    head = b""
    while b"\r\n\r\n" not in head:
        piece = client.recv(65536)
        if not piece:
            return
        head += piece
    head, body = head.split(b"\r\n\r\n", 1)
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith((b"connection:", b"authorization:"))]
    lines += [b"Connection: close", b"Authorization: Bearer " + token]
    with client, socket.create_connection(("127.0.0.1", port)) as server:
        server.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + body)
        threading.Thread(target=pass_on, args=(client, server), daemon=True).start()
        pass_on(server, client)


def main():
    with open(sys.argv[2], "rb") as file:
        token = file.read().strip()
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    print(listener.getsockname()[1], flush=True)
    while True:
        client, _ = listener.accept()
        threading.Thread(target=serve, args=(client, int(sys.argv[1]), token), daemon=True).start()


main()
