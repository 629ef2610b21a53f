import { createServer, type AddressInfo } from "node:net";
import { isPortUsed } from "../../../cli/ports.ts";

test("a port is used while a program listens on it", async () => {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const { port } = server.address() as AddressInfo;
    expect(await isPortUsed(port)).toBe(true);
    await new Promise((closed) => server.close(closed));
    expect(await isPortUsed(port)).toBe(false);
});

test("a port on an address that this machine does not have is not used", async () => {
    expect(await isPortUsed(20_000, "192.0.2.1")).toBe(false);
});
