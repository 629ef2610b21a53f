import {
    Engine,
    RailsWebApp,
    RedisService,
    type RedisServiceArgs,
    Task,
    WebApp,
} from "../../../../components/index.ts";
import { COMMAND, CONTAINER, run, VOLUME } from "../../../../testing/index.ts";
import { FakeShell } from "../fake-shell.ts";

const redis = (args: RedisServiceArgs = {}) =>
    run(() => {
        new RedisService("cache", { engine: Engine.Docker, ...args });
        return {};
    });

describe("the volume of a service", () => {
    test("outlives its resource: the removal deletes it, and its container depends on both", async () => {
        const { one } = await redis();
        expect(one(VOLUME)).toMatchObject({
            options: { retainOnDelete: true },
            dependencies: [`${COMMAND} cache-data-removal`],
        });
        expect(one(CONTAINER, "cache").dependencies).toEqual(
            expect.arrayContaining([`${COMMAND} cache-data-removal`, `${VOLUME} cache-data`]),
        );
    });

    test("keeps a generated name, and follows a name that the user changes", async () => {
        const generated = (await redis()).one(VOLUME);
        expect(generated).toMatchObject({ name: "cache-data", inputs: { name: "shop.dev.cache" } });
        expect(generated.options.ignoreChanges).toContain("name");
        // A resource of its own: the generated volume is used again when the argument is removed.
        const named = (await redis({ volume: "mine" })).one(VOLUME);
        expect(named).toMatchObject({ name: "cache-volume", inputs: { name: "mine" } });
        expect(named.options.ignoreChanges).not.toContain("name");
    });

    test("is not replaced by changes that would delete its data", async () => {
        expect((await redis()).one(VOLUME).options.ignoreChanges).toEqual(
            expect.arrayContaining(["labels", "driver", "driverOpts"]),
        );
    });
});

describe("the removal of volumes", () => {
    test("gets its parameters from the environment", async () => {
        const { inputs, parent } = (await redis({ volume: "mine" })).one(COMMAND, "cache-data-removal");
        expect(parent).toBe("drydock:index:RedisService cache");
        expect(inputs).toMatchObject({
            create: "sh -s create",
            delete: "sh -s delete",
            environment: {
                PROJECT: "shop",
                STACK: "dev",
                CURRENT_COMPONENT: "cache",
                CONTAINER: "shop-dev-cache",
                MOUNTED: "mine",
                USER_VOLUME: "mine",
                STACK_VOLUMES: "shop.dev.",
                COMPONENT_VOLUMES: "shop.dev.cache",
                COMPONENT: "cache",
                VOLUME: "shop.dev.cache",
            },
        });
    });

    test("is never replaced, which would run the old script, and keeps the first names of the component", async () => {
        const { inputs, options } = (await redis()).one(COMMAND, "cache-data-removal");
        expect(options.ignoreChanges).toEqual(["environment.COMPONENT", "environment.VOLUME", "triggers"]);
        expect(inputs).not.toHaveProperty("triggers");
    });

    test.each<RedisServiceArgs>([
        {},
        { volume: "mine" },
        { hostPath: "/srv/redis" },
        { persistent: false },
        { protectData: true },
    ])("exists for any arguments, as earlier ones may have created a volume: %j", async (args) => {
        expect((await redis(args)).names(COMMAND)).toContain("cache-data-removal");
    });

    describe("of applications", () => {
        const removals = async (create: () => object) => {
            const { declared } = await run(() => ({ created: Boolean(create()) }));
            return declared
                .filter(({ type, name }) => type === COMMAND && name.endsWith("-removal"))
                .map(({ name, parent, inputs }) => [name, parent.split(" ")[0], inputs.delete]);
        };

        test("is one resource; those of version 0.1.0 do nothing", async () => {
            const mounts = [
                { path: "/a", volume: "storage" },
                { path: "/b", volume: "storage" },
                { path: "/c", volume: "data" },
            ];
            expect(await removals(() => new WebApp("web", { image: "x:1", mounts }))).toEqual([
                ["web-storage-removal", "drydock:index:WebApp", undefined],
                ["web-data-removal", "drydock:index:WebApp", "sh -s delete"],
            ]);
        });

        test.each<[string, () => object]>([
            ["WebApp", () => new WebApp("web", { image: "x:1" })],
            ["RailsWebApp", () => new RailsWebApp("web", { image: "x:1", migration: ["x"] })],
            ["Task", () => new Task("web", { image: "x:1", command: ["x"] })],
        ])("exists for a %s without volumes too", async (type, create) => {
            expect(await removals(create)).toEqual([
                ["web-data-removal", `drydock:index:${type}`, "sh -s delete"],
            ]);
        });
    });
});

describe("volumes.sh", () => {
    let shell: FakeShell;
    beforeEach(() => {
        shell = new FakeShell();
    });
    afterEach(() => {
        shell.remove();
    });

    interface Docker {
        /** Owner (`project/stack`) of each volume, `/` without labels. Volumes of shop/dev have the component's label. */
        volumes?: Record<string, string>;
        /** Component that the labels name. */
        component?: string;
        /** Container with the component's labels. */
        container?: string;
        /** Containers that mount a volume. */
        users?: string[];
        /** Nodes of a Swarm that are marked as having the data. */
        nodes?: string[];
        /** Replicas of the component's Swarm service, if there is one. */
        replicas?: number;
    }

    const ENVIRONMENT = {
        PROJECT: "shop",
        STACK: "dev",
        CURRENT_COMPONENT: "cache",
        CONTAINER: "shop-dev-cache",
        MOUNTED: "shop.dev.cache",
        USER_VOLUME: "",
        STACK_VOLUMES: "shop.dev.",
        COMPONENT_VOLUMES: "shop.dev.cache",
        COMPONENT: "cache",
        VOLUME: "shop.dev.cache",
        SHARED: "",
    };

    /** Runs the script, and returns what it changes besides its result. */
    function runScript(
        command: "create" | "delete",
        { volumes = {}, component = "cache", container = "", users = [], nodes = [], replicas }: Docker,
        environment: Partial<typeof ENVIRONMENT> = {},
    ) {
        const labelled = Object.keys(volumes).filter((name) => volumes[name] === "shop/dev");
        const owners = Object.entries(volumes).map(([name, owner]) => `${name}) echo ${owner} ;;`);
        const ofComponent = `*project=shop*stack=dev*"label=drydock.component=${component}"*`;
        shell.command(
            "docker",
            `case "$*" in
"service inspect"*) [ -n "${replicas ?? ""}" ] && echo "${replicas ?? ""}" ;;
"volume ls --quiet") printf '%s\\n' ${Object.keys(volumes).join(" ")} ;;
"volume ls --quiet"${ofComponent}) printf '%s\\n' ${labelled.join(" ")} ;;
"volume ls"*) ;;
"volume inspect"*) for name; do :; done; case $name in ${owners.join(" ")} esac ;;
"node ls"*) printf '%s\\n' ${nodes.join(" ")} ;;
"ps --all --filter volume="*) for user in ${users.join(" ")}; do echo "the container $user"; done ;;
"ps --all"${ofComponent}) [ -z "${container}" ] || echo "the container ${container}" ;;
"ps --all"*) ;;
*) echo "$@" >>changes ;;
esac`,
        );
        const result = shell.run("docker/volumes.sh", [command], { ...ENVIRONMENT, ...environment });
        return { ...result, changes: shell.read("changes") };
    }

    test("deletes the component's volumes, and those of earlier arguments", () => {
        const volumes = {
            "shop.dev.cache": "shop/dev",
            "shop.dev.cache.storage": "/",
            earlier: "shop/dev",
            "shop.dev.cache2": "/",
            "my-shop.dev.cache": "/",
        };
        expect(runScript("delete", { volumes })).toEqual({
            status: 0,
            stdout:
                "Removed the volume shop.dev.cache with its data.\n" +
                "Removed the volume shop.dev.cache.storage with its data.\n" +
                "Removed the volume earlier with its data.\n",
            stderr: "",
            changes: "volume rm shop.dev.cache\nvolume rm shop.dev.cache.storage\nvolume rm earlier\n",
        });
    });

    test("leaves volumes of other components alone", () => {
        expect(runScript("delete", { volumes: { "shop.dev.cache2": "/" } })).toEqual({
            status: 0,
            stdout: "",
            stderr: "",
            changes: "",
        });
    });

    test("finds the volumes of a renamed component by their former names and labels", () => {
        const volumes = { "shop.dev.old": "/", earlier: "shop/dev" };
        const environment = { COMPONENT: "old", VOLUME: "shop.dev.old" };
        expect(runScript("delete", { volumes, component: "old" }, environment)).toMatchObject({
            changes: "volume rm shop.dev.old\nvolume rm earlier\n",
        });
    });

    test("finds a volume of version 0.1.0, whose state has no component", () => {
        const environment = { VOLUME: "mine", USER_VOLUME: "mine", COMPONENT: "" };
        expect(runScript("delete", { volumes: { mine: "shop/dev" } }, environment)).toMatchObject({
            changes: "volume rm mine\n",
        });
    });

    test.each<[string, Docker, string]>([
        ["the component has moved to a Swarm", { replicas: 1 }, "the Swarm service shop-dev-cache"],
        [
            "the component has another parent now",
            { container: "shop-dev-cache" },
            "the container shop-dev-cache",
        ],
        [
            "other containers mount it",
            { users: ["theirs", "mine"] },
            "the container theirs, the container mine",
        ],
    ])("keeps a volume if %s", (_, docker, user) => {
        expect(runScript("delete", { volumes: { "shop.dev.cache": "shop/dev" }, ...docker })).toEqual({
            status: 0,
            stdout: `Kept the volume shop.dev.cache with its data, as it is in use by ${user}.\n`,
            stderr: "",
            changes: "",
        });
    });

    test.each([
        ["keeps", "true", "Kept the volume shop.dev.cache with its data, as it is in use by the Swarm.\n"],
        ["deletes", "", "Removed the volume shop.dev.cache with its data.\n"],
    ])("%s a volume whose data a Swarm has, if SHARED is '%s'", (_, SHARED, stdout) => {
        const volumes = { "shop.dev.cache": "shop/dev" };
        expect(runScript("delete", { volumes, nodes: ["node-2"] }, { SHARED })).toMatchObject({ stdout });
    });

    test.each([
        ["deletes", "created", "shop/dev", "Removed the volume mine with its data.\n", "volume rm mine\n"],
        [
            "keeps",
            "did not create",
            "/",
            "Kept the volume mine, which this stack did not create. To remove it: docker volume rm mine\n",
            "",
        ],
        [
            "keeps",
            "did not create, but another stack",
            "shop/prod",
            "Kept the volume mine, which this stack did not create. To remove it: docker volume rm mine\n",
            "",
        ],
    ])("%s a volume that the user has named and the stack %s", (_, __, owner, stdout, changes) => {
        expect(runScript("delete", { volumes: { mine: owner } }, { USER_VOLUME: "mine" })).toEqual({
            status: 0,
            stdout,
            stderr: "",
            changes,
        });
    });

    test("fails before a container mounts what a Swarm service uses", () => {
        expect(runScript("create", { replicas: 1 })).toMatchObject({
            status: 1,
            stderr:
                "The Swarm service shop-dev-cache uses the data of shop.dev.cache. Two servers on the same files would corrupt them.\n" +
                "Remove the service, which keeps the data, and run pulumi up --refresh: docker service rm shop-dev-cache\n",
        });
    });

    test.each<[string, Docker, string]>([
        ["has no replicas", { replicas: 0 }, "shop.dev.cache"],
        ["does not exist", {}, "shop.dev.cache"],
        ["exists, but the container mounts no volume", { replicas: 1 }, ""],
    ])("does not fail if the service %s", (_, docker, MOUNTED) => {
        expect(runScript("create", docker, { MOUNTED })).toMatchObject({ status: 0, stderr: "" });
    });
});
