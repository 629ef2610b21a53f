import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
    Engine,
    RailsWebApp,
    RedisService,
    type RedisServiceArgs,
    Task,
    WebApp,
} from "../../../../components/index.ts";
import { COMMAND, CONTAINER, run, VOLUME } from "../../../../testing/index.ts";

const program = (args: RedisServiceArgs = {}) => {
    new RedisService("cache", { engine: Engine.Docker, ...args });
    return {};
};
const declared = async (args?: RedisServiceArgs) => (await run(() => program(args))).one;

const folder = mkdtempSync(join(tmpdir(), "drydock-volume-"));
afterAll(() => {
    rmSync(folder, { recursive: true });
});

interface Docker {
    /** Volumes with the `project/stack` of their labels; those of the component are labelled with it. */
    volumes?: Record<string, string>;
    /** The component that the labels name. */
    component?: string;
    /** Names of containers with the labels of the component. */
    containers?: string;
    /** Names of containers that mount a volume. */
    users?: string;
    replicas?: string;
    args?: RedisServiceArgs;
    /** What was in the environment when the resource was created, where that differs from the program. */
    environment?: Record<string, string>;
}

/** Runs a script of what removes the volume with a docker that knows this, and writes down what it is to change. */
async function runs(
    verb: "create" | "delete",
    {
        volumes = {},
        component = "cache",
        containers = "",
        users = "",
        replicas = "",
        args = {},
        environment,
    }: Docker,
) {
    const { inputs } = (await declared(args))(COMMAND, "cache-data-removal");
    const dir = mkdtempSync(join(folder, "run-"));
    const owners = Object.entries(volumes);
    const labelled = owners.filter(([, owner]) => owner === "shop/dev").map(([name]) => name);
    const docker = `#!/bin/sh
case "$*" in
"service inspect"*) echo "${replicas}"; [ -n "${replicas}" ] ;;
"volume ls --quiet") printf '%s\\n' ${owners.map(([name]) => name).join(" ")} ;;
"volume ls --quiet"*"label=drydock.component=${component}") printf '%s\\n' ${labelled.join(" ")} ;;
"volume ls"*) ;;
"volume inspect"*) for name; do :; done; case $name in ${owners.map(([name, owner]) => `${name}) echo ${owner} ;;`).join(" ")} esac ;;
"ps --all --filter volume="*) for user in ${users}; do echo $user; done ;;
"ps --all"*"label=drydock.component=cache") echo "${containers}" ;;
"ps --all"*) ;;
*) echo "$@" >>${dir}/changes ;;
esac
`;
    writeFileSync(join(dir, "docker"), docker, { mode: 0o755 });
    writeFileSync(join(dir, "changes"), "");
    const { status, stdout, stderr } = spawnSync("/bin/sh", ["-c", String(inputs[verb])], {
        encoding: "utf8",
        input: String(inputs.stdin),
        env: {
            PATH: `${dir}:${process.env.PATH ?? ""}`,
            ...(environment ?? (inputs.environment as object)),
        },
    });
    return { status, stdout, stderr, changes: readFileSync(join(dir, "changes"), "utf8") };
}

describe("a volume on a Docker Engine", () => {
    test("is not removed by the provider, but by what comes before it and goes after it", async () => {
        const one = await declared();
        expect(one(VOLUME)).toMatchObject({
            options: { retainOnDelete: true },
            dependencies: [`${COMMAND} cache-data-removal`],
        });
        expect(one(CONTAINER, "cache").dependencies).toContain(`${COMMAND} cache-data-removal`);
        const removal = one(COMMAND, "cache-data-removal");
        expect(removal.parent).toBe("drydock:index:RedisService cache");
        // Whatever changes, and whatever an earlier version has in the state: it is not replaced.
        expect(removal.options.ignoreChanges).toEqual(["environment", "triggers"]);
        expect(removal.inputs).not.toHaveProperty("triggers");
    });

    test("keeps a name that was made up, and follows one that the user gives", async () => {
        const volume = async (args: RedisServiceArgs) => {
            const { name, inputs, options } = (await declared(args))(VOLUME);
            return [name, inputs.name, options.ignoreChanges.includes("name")];
        };
        expect(await volume({})).toEqual(["cache-data", "shop.dev.cache", true]);
        // Another resource: that one goes when the name does, and the made-up name comes back.
        expect(await volume({ volume: "mine" })).toEqual(["cache-volume", "mine", false]);
    });

    test.each<RedisServiceArgs>([
        {},
        { volume: "mine" },
        { hostPath: "/srv/redis" },
        { persistent: false },
        { protectData: true },
    ])("has what removes it whatever the arguments are: %j", async (args) => {
        const { name } = (await declared(args))(COMMAND, "cache-data-removal");
        expect(name).toBe("cache-data-removal");
    });

    test("is removed with its service, and so are those of earlier arguments", async () => {
        const volumes = {
            "shop.dev.cache": "shop/dev",
            earlier: "shop/dev",
            "shop.dev.cache2": "/",
            "my-shop.dev.cache": "/",
        };
        expect(await runs("delete", { volumes })).toEqual({
            status: 0,
            stdout:
                "The volume shop.dev.cache is removed, with its data.\n" +
                "The volume earlier is removed, with its data.\n",
            stderr: "",
            changes: "volume rm shop.dev.cache\nvolume rm earlier\n",
        });
        const others = { "shop.dev.cache2": "/" };
        expect(await runs("delete", { volumes: others })).toMatchObject({
            status: 0,
            stdout: "",
            changes: "",
        });
    });

    test("is removed by the name and the labels that it had before it was renamed with an alias", async () => {
        const environment = { COMPONENT: "old", VOLUME: "shop.dev.old" };
        const volumes = { "shop.dev.old": "/", earlier: "shop/dev" };
        expect(await runs("delete", { volumes, component: "old", environment })).toMatchObject({
            changes: "volume rm shop.dev.old\nvolume rm earlier\n",
        });
    });

    test("is removed where version 0.1.0 has made it", async () => {
        const volumes = { mine: "shop/dev" };
        const environment = { VOLUME: "mine" };
        expect(await runs("delete", { volumes, environment, args: { volume: "mine" } })).toMatchObject({
            changes: "volume rm mine\n",
        });
    });

    test.each<[string, Docker, string]>([
        [
            "its component has moved to a Swarm",
            { replicas: "1" },
            "shop-dev-cache runs on a Swarm now: the data of shop.dev.cache stays.\n",
        ],
        [
            "its component is under another parent now",
            { containers: "shop-dev-cache" },
            "The container shop-dev-cache is there still: the data of shop.dev.cache stays.\n",
        ],
        [
            "another container mounts it",
            { users: "theirs mine" },
            "The volume shop.dev.cache is in use and stays, with its data: by theirs mine\n",
        ],
    ])("stays where %s", async (_, docker, stdout) => {
        const found = { ...docker, replicas: docker.replicas && "shop-dev-cache" };
        expect(await runs("delete", { volumes: { "shop.dev.cache": "shop/dev" }, ...found })).toEqual({
            status: 0,
            stdout,
            stderr: "",
            changes: "",
        });
    });

    test.each([
        [
            "the stack's own is removed",
            "shop/dev",
            "The volume theirs is removed, with its data.\n",
            "volume rm theirs\n",
        ],
        [
            "one that others made stays",
            "/",
            "theirs was there before this stack, and stays: docker volume rm theirs removes it.\n",
            "",
        ],
        [
            "one of another stack stays",
            "shop/prod",
            "theirs was there before this stack, and stays: docker volume rm theirs removes it.\n",
            "",
        ],
    ])("that the user has named: %s", async (_, owner, stdout, changes) => {
        expect(await runs("delete", { volumes: { theirs: owner }, args: { volume: "theirs" } })).toEqual({
            status: 0,
            stdout,
            stderr: "",
            changes,
        });
    });

    test("is not mounted while a Swarm's service is at work on it", async () => {
        expect(await runs("create", { replicas: "1" })).toMatchObject({
            status: 1,
            stderr:
                "shop-dev-cache runs on a Swarm, with the data of shop.dev.cache: two at a time would destroy it.\n" +
                "Remove it, which leaves the data, and run pulumi up --refresh: docker service rm shop-dev-cache\n",
        });
        expect(await runs("create", { replicas: "0" })).toMatchObject({ status: 0, stderr: "" });
        expect(await runs("create", {})).toMatchObject({ status: 0, stderr: "" });
    });

    test("is mounted after that is certain", async () => {
        const { startedWhilePaused } = await run(() => program(), { pause: "cache-data-removal" });
        expect(startedWhilePaused).toContain("cache-data-removal");
        expect(startedWhilePaused).not.toContain("cache");
        expect(startedWhilePaused).not.toContain("cache-data");
    });
});

describe("an application's volumes on a Docker Engine", () => {
    const removals = async (make: () => object) => {
        const { declared } = await run(() => ({ made: Boolean(make()) }));
        return declared
            .filter(({ type, name }) => type === COMMAND && name.endsWith("-removal"))
            .map(({ name, parent, inputs }) => [name, parent.split(" ")[0], inputs.delete]);
    };
    const mounts = [
        { path: "/a", volume: "storage" },
        { path: "/b", volume: "storage" },
        { path: "/c", volume: "data" },
    ];

    test("go with it, all by one script; what version 0.1.0 has in the state does nothing any more", async () => {
        expect(await removals(() => new WebApp("web", { image: "x:1", mounts }))).toEqual([
            ["web-storage-removal", "drydock:index:WebApp", undefined],
            ["web-data-removal", "drydock:index:WebApp", "sh -s delete"],
        ]);
    });

    test.each<[string, () => object]>([
        ["WebApp", () => new WebApp("web", { image: "x:1" })],
        ["RailsWebApp", () => new RailsWebApp("web", { image: "x:1", migration: ["x"] })],
        ["Task", () => new Task("web", { image: "x:1", command: ["x"] })],
    ])(
        "of a %s stay when they are no longer mounted: what removes them is there without any",
        async (type, make) => {
            expect(await removals(make)).toEqual([
                ["web-data-removal", `drydock:index:${type}`, "sh -s delete"],
            ]);
        },
    );
});
