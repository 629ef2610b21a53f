import { createServer } from "node:net";

const LOCALHOST = "127.0.0.1";

/**
 * Whether a program of this machine listens on a TCP port. Other errors do not count: Docker may use ports below 1024, which a
 * user may not.
 */
export function isPortUsed(port: number, host = LOCALHOST): Promise<boolean> {
    const server = createServer();
    return new Promise((resolve) => {
        server.once("error", ({ code }: NodeJS.ErrnoException) => {
            resolve(code === "EADDRINUSE");
        });
        server.listen({ port, host, exclusive: true }, () => {
            server.close(() => {
                resolve(false);
            });
        });
    });
}
