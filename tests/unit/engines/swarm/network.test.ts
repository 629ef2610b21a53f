import { Engine, RedisService, type SwarmDataArgs, WebApp } from "../../../../components/index.ts";
import { COMMAND, NETWORK, SERVICE } from "../../../../testing/index.ts";
import { runOn, service } from "../index.ts";
import { calls, fake, run, say } from "../fake-swarm.ts";

const redis = (swarm?: SwarmDataArgs) =>
    runOn(Engine.Swarm, (engine) => {
        const { connection } = new RedisService("cache", { engine, swarm });
        new WebApp("web", { engine, image: "x:1", links: { redis: connection } });
        return { connection };
    });
const REMOVAL = "cache-network-removal";

describe("the network of a service", () => {
    test("goes over all nodes, and tasks may join it", async () => {
        const { inputs } = (await redis()).one(NETWORK);
        expect(inputs).toMatchObject({ name: "shop-dev-cache", driver: "overlay", attachable: true });
        expect(inputs).not.toHaveProperty("options");
    });

    test("is encrypted where asked", async () => {
        const { inputs } = (await redis({ encrypted: true })).one(NETWORK);
        expect(inputs.options).toEqual({ encrypted: "true" });
    });

    test("is replaced when it is no longer to be encrypted, and keeps its name when the service is renamed", async () => {
        const options = async (swarm?: SwarmDataArgs) => (await redis(swarm)).one(NETWORK).options;
        expect(await options({ encrypted: true })).toMatchObject({
            deleteBeforeReplace: true,
            ignoreChanges: ["name", "labels"],
            replacementTrigger: ["options"],
        });
        expect((await options()).replacementTrigger).toEqual([]);
        expect((await options({ encrypted: false })).replacementTrigger).toEqual([]);
    });

    test("is joined by its ID, as a name would be taken for a change", async () => {
        const { one, outputs } = await redis();
        for (const name of ["cache", "web"])
            expect(service(one, name).taskSpec.networksAdvanceds).toEqual([{ id: "cache-network-id" }]);
        expect(outputs.connection?.value).toMatchObject({ network: "cache-network-id" });
    });

    test("is removed after what joins it, and before the provider gives up on it", async () => {
        const { one } = await redis();
        expect(one(COMMAND, REMOVAL)).toMatchObject({
            parent: "drydock:index:RedisService cache",
            inputs: { triggers: ["cache-network-id"] },
        });
        expect(one(COMMAND, REMOVAL).inputs).not.toHaveProperty("create");
        expect(one(COMMAND, REMOVAL).dependencies).toContain(`${NETWORK} cache-network`);
        for (const name of ["cache", "web"])
            expect(one(SERVICE, name).dependencies).toContain(`${COMMAND} ${REMOVAL}`);
    });
});

describe("what removes the network", () => {
    /** Of a network that is in use as often as `used` says, one line each. */
    const remove = async (used: number) => {
        const { inputs } = (await redis()).one(COMMAND, REMOVAL);
        expect(inputs).toMatchObject({
            delete: "sh -s delete",
            environment: { NETWORK: "cache-network-id" },
        });
        say("used", "x\n".repeat(used));
        fake("seq", "#!/bin/sh\necho 1 2 3 4\n");
        fake(
            "docker",
            `#!/bin/sh
cd "$SWARM"
{ printf '[%s]' "$@"; echo; } >>calls
case $2 in
inspect) [ ! -f gone ] || { echo "no such network" >&2; exit 1; } ;;
rm)
    [ -s used ] || { : >gone; echo "$3"; exit 0; }
    sed -i 1d used
    echo "network is in use by task x" >&2
    exit 1 ;;
esac
`,
        );
        return run(`set -- delete; NETWORK=cache-network-id; ${String(inputs.stdin)}`);
    };
    const attempts = () => calls().filter((call) => call === "[network][rm][cache-network-id]").length;

    test.each([0, 1, 2])("waits until its containers are gone (%d of them)", async (used) => {
        expect(await remove(used)).toEqual({ status: 0, stdout: "", stderr: "" });
        expect(attempts()).toBe(used + 1);
    });

    test("has nothing to do where it is gone", async () => {
        say("gone", "");
        expect(await remove(9)).toEqual({ status: 0, stdout: "", stderr: "" });
        expect(attempts()).toBe(0);
    });

    test("gives up with Docker's own words", async () => {
        const { status, stderr } = await remove(9);
        expect({ status, stderr }).toEqual({ status: 1, stderr: "network is in use by task x\n" });
        expect(attempts()).toBe(4);
    });
});
