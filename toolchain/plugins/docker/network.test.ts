import type { Context } from "../../plugin/provider";
import type { Daemon } from "./daemon";
import { network } from "./network";

const context: Context = {
    name: "db-network",
    signal: new AbortController().signal,
    status: () => undefined,
    log: () => undefined,
};

/** Creates a network on an engine that refuses it. */
function refused(reason: string): Promise<unknown> {
    const docker = { createNetwork: () => Promise.reject(new Error(reason)) };
    return Promise.resolve(
        network({ docker } as unknown as Daemon).create({ name: "db", ipamDriver: "default" }, context),
    );
}

describe("a network that Docker refuses", () => {
    test.each([
        "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network",
        "all predefined address pools have been fully subnetted",
    ])("names what to do if it has no addresses left: %s", async (reason) => {
        await expect(refused(reason)).rejects.toThrow(/share one .*default-address-pools.*daemon\.json/);
        await expect(refused(reason)).rejects.toThrow(reason);
    });

    test("is told as Docker tells it otherwise", async () => {
        await expect(refused("network with name db already exists")).rejects.toThrow(
            /^creating network db: network with name db already exists$/,
        );
    });
});
