import { Engine, RedisService, type SwarmDataArgs, WebApp } from "../../../../components/index.ts";
import { COMMAND, NETWORK, SERVICE } from "../../../../testing/index.ts";
import { runOn, service } from "../index.ts";
import { FakeShell } from "../fake-shell.ts";

const redis = (swarm?: SwarmDataArgs) =>
    runOn(Engine.Swarm, (engine) => {
        const { connection } = new RedisService("cache", { engine, swarm });
        new WebApp("web", { engine, image: "x:1", links: { redis: connection } });
        return { connection };
    });

describe("the network of a service", () => {
    test("is an overlay network that a Task can join", async () => {
        const { inputs } = (await redis()).one(NETWORK);
        expect(inputs).toMatchObject({ name: "shop-dev-cache", driver: "overlay", attachable: true });
        expect(inputs).not.toHaveProperty("options");
    });

    test("is encrypted if asked to", async () => {
        const { inputs } = (await redis({ encrypted: true })).one(NETWORK);
        expect(inputs.options).toEqual({ encrypted: "true" });
    });

    test("is replaced when it is no longer to be encrypted", async () => {
        const trigger = async (swarm?: SwarmDataArgs) =>
            (await redis(swarm)).one(NETWORK).options.replacementTrigger;
        expect(await trigger({ encrypted: true })).toEqual(["options"]);
        expect(await trigger()).toEqual([]);
        expect(await trigger({ encrypted: false })).toEqual([]);
    });

    test("keeps its name when the service is renamed", async () => {
        expect((await redis()).one(NETWORK).options).toMatchObject({
            deleteBeforeReplace: true,
            ignoreChanges: ["name", "labels"],
        });
    });

    test("is joined by ID", async () => {
        const { one, outputs } = await redis();
        for (const name of ["cache", "web"])
            expect(service(one, name).taskSpec.networksAdvanceds).toMatchObject([{ id: "cache-network-id" }]);
        expect(outputs.connection?.value).toMatchObject({ network: "cache-network-id" });
    });

    test("has a removal that is deleted after the services on it and before the network", async () => {
        const { one } = await redis();
        const removal = one(COMMAND, "cache-network-removal");
        expect(removal).toMatchObject({
            parent: "drydock:index:RedisService cache",
            inputs: {
                delete: "sh",
                environment: { NETWORK: "cache-network-id" },
                triggers: ["cache-network-id"],
            },
        });
        expect(removal.inputs).not.toHaveProperty("create");
        expect(removal.dependencies).toContain(`${NETWORK} cache-network`);
        for (const name of ["cache", "web"])
            expect(one(SERVICE, name).dependencies).toContain(`${COMMAND} cache-network-removal`);
    });
});

describe("network-removal.sh", () => {
    let shell: FakeShell;
    beforeEach(() => {
        shell = new FakeShell();
        shell.command("sleep", "");
    });
    afterEach(() => {
        shell.remove();
    });

    /** @param inUse how often the removal fails because the network is in use */
    function remove(inUse: number) {
        shell.write("in-use", "x\n".repeat(inUse));
        shell.command(
            "docker",
            `echo "$@" >>calls
case $2 in
inspect) [ ! -f removed ] || { echo "no such network" >&2; exit 1; } ;;
rm)
    [ -s in-use ] || { : >removed; exit 0; }
    sed -i.bak 1d in-use
    echo "network is in use by task x" >&2
    exit 1 ;;
esac`,
        );
        const { status, stderr } = shell.run("swarm/network-removal.sh", [], { NETWORK: "net-1" });
        const calls = shell.read("calls").split("\n");
        return { status, stderr, attempts: calls.filter((call) => call === "network rm net-1").length };
    }

    test.each([0, 1, 2])("retries while containers are on the network (%d times)", (inUse) => {
        expect(remove(inUse)).toEqual({ status: 0, stderr: "", attempts: inUse + 1 });
    });

    test("does nothing if the network is gone", () => {
        shell.write("removed", "");
        expect(remove(9)).toEqual({ status: 0, stderr: "", attempts: 0 });
    });

    test("fails with Docker's error in the end", () => {
        expect(remove(99)).toEqual({ status: 1, stderr: "network is in use by task x\n", attempts: 90 });
    });
});
