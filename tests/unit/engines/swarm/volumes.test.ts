import {
    Engine,
    PostgresService,
    RailsWebApp,
    RedisService,
    type RedisServiceArgs,
    WebApp,
    type WebAppArgs,
} from "../../../../components/index.ts";
import { COMMAND, SERVICE, type Settings, VOLUME } from "../../../../testing/index.ts";
import { runOn, service } from "../index.ts";

const redis = (args: RedisServiceArgs = {}, settings: Settings = {}) =>
    runOn(
        Engine.Swarm,
        (engine) => ({ c: new RedisService("cache", { engine, ...args }).connection }),
        settings,
    );
const app = (args: Partial<WebAppArgs>) =>
    runOn(Engine.Swarm, (engine) => ({ url: new WebApp("web", { engine, image: "x:1", ...args }).url }));
const onNodesOf = (...volumes: string[]) =>
    volumes.map((volume) => `node.labels.drydock.data.${volume}==true`);

/** The Command that keeps the data of the service `cache` on a node. */
const dataCommand = async (args: RedisServiceArgs = {}) =>
    (await redis(args)).one(COMMAND, args.volume === undefined ? "cache-data" : "cache-volume");

describe("a service with data", () => {
    test.each<[string, RedisServiceArgs, string]>([
        ["its volume", {}, "shop.dev.cache"],
        ["a volume that the user has named", { volume: "mine" }, "mine"],
        ["its directory", { hostPath: "/srv/redis" }, "shop.dev.cache"],
    ])("runs on the node that has the label of %s only", async (_, args, place) => {
        const { one, names } = await redis(args);
        const name = args.volume === undefined ? "cache-data" : "cache-volume";
        expect(service(one).taskSpec.placement).toEqual({ constraints: onNodesOf(place), maxReplicas: 0 });
        expect(one(COMMAND, name)).toMatchObject({
            parent: "drydock:index:RedisService cache",
            inputs: { triggers: [place], environment: { PLACE: place } },
        });
        expect(one(SERVICE).dependencies).toContain(`${COMMAND} ${name}`);
        // A docker.Volume would be on the machine of the provider's Docker Engine.
        expect(names(VOLUME)).toEqual([]);
    });

    test("may have further constraints", async () => {
        const swarm = { constraints: ["node.labels.disk == ssd"] };
        const { one } = await redis({ swarm });
        expect(service(one).taskSpec.placement).toEqual({
            constraints: [...onNodesOf("shop.dev.cache"), "node.labels.disk==ssd"],
            maxReplicas: 0,
        });
    });

    test("runs on any node if its data is not persistent", async () => {
        const { one, names } = await redis({ persistent: false });
        expect(service(one).taskSpec.placement).toEqual({ constraints: [], maxReplicas: 0 });
        expect(names(COMMAND)).not.toContain("cache-data");
    });

    test.each<[string, RedisServiceArgs, object]>([
        ["a generated volume", {}, { FORMER_VOLUME: "", STACK_VOLUMES: "shop.dev.", NODE: "" }],
        [
            "a volume that the user has named",
            { volume: "mine" },
            { FORMER_VOLUME: "shop.dev.cache", STACK_VOLUMES: "shop.dev." },
        ],
        ["a directory", { hostPath: "/srv/redis" }, { FORMER_VOLUME: "", STACK_VOLUMES: "" }],
        ["a node that the user has chosen", { swarm: { node: "big-disk" } }, { NODE: "big-disk" }],
    ])("passes %s to volumes.sh", async (_, args, expected) => {
        const { inputs } = await dataCommand(args);
        expect(inputs).toMatchObject({
            create: "sh -s create",
            delete: "sh -s delete",
            environment: {
                CONTAINER: "shop-dev-cache",
                IMAGE: "docker:28-cli",
                SOCKET: "/var/run/docker.sock",
                ...expected,
            },
        });
    });

    test("keeps a generated name when the component is renamed, and follows a name that the user changes", async () => {
        expect((await dataCommand()).options.ignoreChanges).toEqual(["triggers", "environment.PLACE"]);
        expect((await dataCommand({ volume: "mine" })).options.ignoreChanges).toEqual(["triggers"]);
    });

    test.each([true, false])(
        "refuses another volume if protectData is %s: a protected resource cannot be replaced",
        async (protectData) => {
            const { options } = await dataCommand({ volume: "mine", protectData });
            expect(options.replaceOnChanges.includes("environment.PLACE")).toBe(protectData);
        },
    );

    test("can be previewed before anything exists", async () => {
        const { containers } = await redis({}, { preview: "first" });
        expect(containers).toEqual(["cache"]);
    });

    test("of another component has another label", async () => {
        const { one } = await runOn(Engine.Swarm, (engine) => {
            new RedisService("cache", { engine });
            new PostgresService("db", { engine });
            return {};
        });
        const constraints = (name: string) => service(one, name).taskSpec.placement;
        expect(constraints("cache")).toEqual({ constraints: onNodesOf("shop.dev.cache"), maxReplicas: 0 });
        expect(constraints("db")).toEqual({ constraints: onNodesOf("shop.dev.db"), maxReplicas: 0 });
    });
});

describe("an application", () => {
    const processes = { worker: { command: ["w"] } };

    test("runs with its processes on the node that has the labels of all its volumes", async () => {
        const mounts = [
            { path: "/storage", volume: "storage" },
            { path: "/backup", volume: "storage", readOnly: true },
            { path: "/logs", volume: "logs" },
        ];
        const { one, declared } = await app({ mounts, processes });
        const commands = declared.filter(
            ({ type, inputs }) =>
                type === COMMAND && (inputs.environment as { PLACE?: string } | undefined)?.PLACE,
        );
        expect(commands.map(({ name }) => name).sort()).toEqual(["web-logs", "web-storage"]);
        for (const name of ["web", "web-worker"]) {
            const { constraints } = service(one, name).taskSpec.placement as { constraints: string[] };
            expect([...new Set(constraints)].sort()).toEqual(
                onNodesOf("shop.dev.web.logs", "shop.dev.web.storage"),
            );
        }
    });

    test("of Rails runs with its processes on the node that has the label of its volume", async () => {
        const mounts = [{ path: "/rails/storage", volume: "storage" }];
        const processes = { worker: { command: ["x"] } };
        const { one } = await runOn(Engine.Swarm, (engine) => ({
            url: new RailsWebApp("shop", { engine, image: "x:1", mounts, processes }).url,
        }));
        for (const name of ["shop", "shop-worker"])
            expect(service(one, name).taskSpec.placement).toMatchObject({
                constraints: onNodesOf("shop.dev.shop.storage"),
            });
    });

    test("with directories only runs on any node that the user allows", async () => {
        const mounts = [{ path: "/src", hostPath: "/srv/src" }];
        const swarm = { constraints: ["node.hostname==n1"] };
        const { one } = await app({ mounts, swarm });
        expect(service(one).taskSpec.placement).toEqual({
            constraints: ["node.hostname==n1"],
            maxReplicas: 0,
        });
    });
});
