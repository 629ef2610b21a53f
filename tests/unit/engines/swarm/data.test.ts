import {
    Engine,
    PostgresService,
    RailsWebApp,
    RedisService,
    type RedisServiceArgs,
    WebApp,
    type WebAppArgs,
} from "../../../../components/index.ts";
import { COMMAND, GENERATED, type Settings, VOLUME } from "../../../../testing/index.ts";
import { runOn, service } from "../index.ts";

const redis = (args: RedisServiceArgs = {}, settings: Settings = {}) =>
    runOn(
        Engine.Swarm,
        (engine) => ({ c: new RedisService("cache", { engine, ...args }).connection }),
        settings,
    );
const app = (args: Partial<WebAppArgs>) =>
    runOn(Engine.Swarm, (engine) => ({ url: new WebApp("web", { engine, image: "x:1", ...args }).url }));
const pinned = (...places: string[]) => places.map((place) => `node.labels.drydock.data.${place}==true`);

describe("a service that has data", () => {
    test.each<[string, RedisServiceArgs, string]>([
        ["its volume", {}, "shop.dev.cache"],
        ["a volume of another name", { volume: "mine" }, "mine"],
        ["its directory", { hostPath: "/srv/redis" }, "shop.dev.cache"],
    ])("runs on the node that holds %s, and nowhere else", async (_, args, place) => {
        const mark = args.volume === undefined ? "cache-data" : "cache-volume";
        const { one, names } = await redis(args);
        expect(service(one).taskSpec.placement).toEqual({ constraints: pinned(place), maxReplicas: 0 });
        expect(one(COMMAND, mark)).toMatchObject({
            name: mark,
            parent: "drydock:index:RedisService cache",
            inputs: { triggers: [place], environment: { IMAGE: GENERATED.digest, PLACE: place } },
        });
        expect(one(COMMAND, mark).inputs.stdin).toContain('--label-add "drydock.data.$place=true"');
        // A docker.Volume would be made on the machine that the provider talks to.
        expect(names(VOLUME)).toEqual([]);
    });

    test("may have further constraints", async () => {
        const swarm = { constraints: ["node.labels.disk == ssd"] };
        const { one } = await redis({ swarm });
        expect(service(one).taskSpec.placement).toEqual({
            constraints: [...pinned("shop.dev.cache"), "node.labels.disk==ssd"],
            maxReplicas: 0,
        });
    });

    test("runs anywhere, where its data is not to be kept", async () => {
        const { one, names } = await redis({ persistent: false });
        expect(service(one).taskSpec.placement).toEqual({ constraints: [], maxReplicas: 0 });
        expect(names(COMMAND)).not.toContain("cache-data");
    });

    test("comes after the mark, whose place it mounts", async () => {
        const { startedWhilePaused } = await redis({}, { pause: "cache-data" });
        expect(startedWhilePaused).toContain("cache-data");
        expect(startedWhilePaused).not.toContain("cache");
    });

    test("is marked on the node that one chooses", async () => {
        const { one } = await redis({ swarm: { node: "big-disk" } });
        expect(one(COMMAND, "cache-data").inputs.stdin).toContain("node=big-disk\n");
        expect((await redis()).one(COMMAND, "cache-data").inputs.stdin).toContain("node=''\n");
    });

    test.each<[string, RedisServiceArgs, string[]]>([
        ["a name that was made up", {}, ["environment.IMAGE", "environment.PLACE", "triggers"]],
        ["a directory", { hostPath: "/srv" }, ["environment.IMAGE", "environment.PLACE", "triggers"]],
        ["a name of one's own", { volume: "mine" }, ["environment.IMAGE", "triggers"]],
    ])("keeps its data whatever image it gets, by %s", async (_, args, ignored) => {
        const mark = args.volume === undefined ? "cache-data" : "cache-volume";
        expect((await redis(args)).one(COMMAND, mark).options.ignoreChanges.sort()).toEqual(ignored);
    });

    test.each([true, false])(
        "is not given up for other data while protectData is set: %s",
        async (protectData) => {
            const { options } = (await redis({ volume: "mine", protectData })).one(COMMAND, "cache-volume");
            expect(options.replaceOnChanges.includes("environment")).toBe(protectData);
        },
    );

    test.each<[string, RedisServiceArgs, string]>([
        ["its volume, whose name was made up,", {}, "case $place in shop.dev.*) ;; *) echo"],
        ["no volume that the user has named", { volume: "mine" }, "case $place in shop.dev.*) ;; *) echo"],
        ["no directory", { hostPath: "/srv/redis" }, "fi\necho"],
    ])("removes %s when it goes", async (_, args, decides) => {
        const mark = args.volume === undefined ? "cache-data" : "cache-volume";
        const script = String((await redis(args)).one(COMMAND, mark).inputs.stdin);
        expect(script).toContain(decides);
        expect(script).not.toContain("/srv/redis");
    });

    test("works in a first preview", async () => {
        const { containers } = await redis({}, { preview: "first" });
        expect(containers).toEqual(["cache"]);
    });

    test("of another component has a place of its own", async () => {
        const { one } = await runOn(Engine.Swarm, (engine) => {
            new RedisService("cache", { engine });
            new PostgresService("db", { engine });
            return {};
        });
        const constraints = (name: string) => service(one, name).taskSpec.placement;
        expect(constraints("cache")).toEqual({ constraints: pinned("shop.dev.cache"), maxReplicas: 0 });
        expect(constraints("db")).toEqual({ constraints: pinned("shop.dev.db"), maxReplicas: 0 });
    });
});

describe("an application with volumes", () => {
    const processes = { worker: { command: ["w"] } };

    test("runs with its processes on the node that holds them, marked once for each", async () => {
        const mounts = [
            { path: "/storage", volume: "storage" },
            { path: "/backup", volume: "storage", readOnly: true },
            { path: "/logs", volume: "logs" },
        ];
        const { one, declared } = await app({ mounts, processes });
        const marks = declared.filter(({ inputs }) => String(inputs.stdin).includes("drydock.data."));
        expect(marks.map(({ name }) => name).sort()).toEqual(["web-logs", "web-storage"]);
        for (const name of ["web", "web-worker"]) {
            const { constraints } = service(one, name).taskSpec.placement as { constraints: string[] };
            expect([...new Set(constraints)].sort()).toEqual(
                pinned("shop.dev.web.logs", "shop.dev.web.storage"),
            );
        }
    });

    test("so does a Rails application", async () => {
        const mounts = [{ path: "/rails/storage", volume: "storage" }];
        const processes = { worker: { command: ["x"] } };
        const { one } = await runOn(Engine.Swarm, (engine) => ({
            url: new RailsWebApp("shop", { engine, image: "x:1", mounts, processes }).url,
        }));
        for (const name of ["shop", "shop-worker"])
            expect(service(one, name).taskSpec.placement).toMatchObject({
                constraints: pinned("shop.dev.shop.storage"),
            });
    });

    test("of others runs wherever it is told to", async () => {
        const mounts = [{ path: "/src", hostPath: "/srv/src" }];
        const swarm = { constraints: ["node.hostname==n1"] };
        const { one } = await app({ mounts, swarm });
        expect(service(one).taskSpec.placement).toEqual({
            constraints: ["node.hostname==n1"],
            maxReplicas: 0,
        });
    });
});
