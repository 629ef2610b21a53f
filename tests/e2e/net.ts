import { connect, createServer, type Server } from "node:net";

export { freePort } from "../../preview/settings.ts";

/** Listens on a port of this machine; 0 takes one that is free. */
export function listen(port: number): Promise<Server> {
    const server = createServer();
    return new Promise((listening) => {
        server.listen(port, "127.0.0.1", () => {
            listening(server);
        });
    });
}

/** Whether something on this machine takes connections on the port. */
export function answers(port: number): Promise<boolean> {
    return new Promise((known) => {
        const socket = connect(port, "127.0.0.1");
        const say = (answer: boolean) => {
            socket.destroy();
            known(answer);
        };
        socket.once("connect", () => {
            say(true);
        });
        socket.once("error", () => {
            say(false);
        });
    });
}

/** The page as text; fails unless it is answered with success. */
export async function page(url: string): Promise<string> {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${url} answers ${response.status}`);
    return response.text();
}
