import { connect, createServer, type Server } from "node:net";

export { freePort } from "../../cli/pr/stack-config.ts";

/** Listens on a port of this machine; 0 chooses a free one. */
export function listen(port: number): Promise<Server> {
    const server = createServer();
    return new Promise((resolve) => {
        server.listen(port, "127.0.0.1", () => {
            resolve(server);
        });
    });
}

/** Whether a program on this machine accepts connections on the port. */
export function acceptsConnections(port: number): Promise<boolean> {
    return new Promise((resolve) => {
        const socket = connect(port, "127.0.0.1");
        socket.once("connect", () => {
            socket.destroy();
            resolve(true);
        });
        socket.once("error", () => {
            socket.destroy();
            resolve(false);
        });
    });
}

/** Fetches a page and returns its HTML. Throws if the status is not a success. */
export async function fetchPage(url: string): Promise<string> {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${url} responds with status ${response.status}`);
    return response.text();
}

/**
 * Whether the networks of Docker keep a container from connecting to an address: one of several connections fails. While Docker
 * creates a network, it removes the rule that isolates networks and inserts it again (EnsureJumpRule in moby/libnetwork). A
 * connection can succeed at that moment, when another test creates one.
 *
 * @param connects whether a new connection succeeds
 */
export function isIsolated(connects: () => boolean): boolean {
    return Array.from({ length: 5 }).some(() => !connects());
}
