import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Sandbox } from "../../sandbox.ts";
import { runStep } from "../run-step.ts";

const DOCKER = `
    case "$*" in
        info*) echo "engine$DOCKER_HOST false" ;;
        ps*) echo 'c0ffee dev-db' ;;
        "network ls"*) echo 'beef dev-net' ;;
    esac`;
const REMOVALS = ["docker rm --force c0ffee", "docker network rm beef"];

describe("an orphan: in Docker, with a stack's labels, but not in its state,", () => {
    let sandbox: Sandbox;
    beforeEach(() => {
        sandbox = new Sandbox();
        sandbox.program("docker", DOCKER);
        setState();
    });
    afterEach(() => {
        sandbox.dispose();
    });

    /** Sets the IDs and providers in the state, and the configured `docker:host`. */
    function setState(ids: string[] = [], host = "", providers: Record<string, string> = {}): void {
        const resources = [
            ...ids.map((id) => ({ type: "docker:index/container:Container", id })),
            ...Object.entries(providers).map(([name, at]) => ({
                type: "pulumi:providers:docker",
                urn: `urn:pulumi:dev::drydock::pulumi:providers:docker::${name}`,
                inputs: { host: at },
            })),
        ];
        const state = JSON.stringify({ deployment: { resources } });
        const config = JSON.stringify({ "docker:host": { value: host } });
        sandbox.program("pulumi", `case $1 in stack) echo '${state}' ;; config) echo '${config}' ;; esac`);
    }

    /** A directory with the state of a stack `dev`. */
    function clone(name: string): string {
        sandbox.write(`${name}/.drydock/state/.pulumi/stacks/drydock/dev.json`, "{}");
        return `file://${join(sandbox.dir, name, ".drydock/state")}`;
    }

    async function repair(
        backend: string,
        env: NodeJS.ProcessEnv = {},
        verb: "up" | "down" = "up",
        removeOrphans = false,
    ) {
        const run = await runStep(sandbox, verb, "drydock", {
            removeOrphans,
            env: { PULUMI_BACKEND_URL: backend, ...env },
        });
        const removed = sandbox.calls().filter((call) => call.includes(" rm "));
        return { ...run, removed };
    }

    test("is removed if the state is in this clone: no update is running", async () => {
        const { code, output, removed } = await repair(clone("a"));
        expect(output).toContain("Removing what it left: container dev-db, network dev-net");
        expect({ code, removed }).toEqual({ code: 0, removed: REMOVALS });
    });

    test("is kept with a remote backend, and reported with the remedy", async () => {
        const { code, output, removed } = await repair("s3://team");
        expect(output).toContain("container dev-db, network dev-net");
        expect(output).toContain("`drydock up --stack dev --remove-orphans`");
        expect({ code, removed }).toEqual({ code: 0, removed: [] });
    });

    test("is kept with a remote backend, and stops a removal", async () => {
        const { code, output, removed } = await repair("s3://team", {}, "down");
        expect(output).toContain("`drydock down --stack dev --remove-orphans`");
        expect({ code, removed }).toEqual({ code: 1, removed: [] });
    });

    test("is removed with a remote backend and --remove-orphans", async () => {
        expect(await repair("s3://team", {}, "up", true)).toMatchObject({
            code: 0,
            removed: REMOVALS,
        });
    });

    test("is looked for on the configured engine and on those of explicit providers", async () => {
        sandbox.program(
            "docker",
            '[ "$DOCKER_HOST" != tcp://wrong ] && case "$*" in info*) echo "$DOCKER_HOST false" ;; esac',
        );
        setState([], "tcp://right", { default_5_2_0: "tcp://wrong", own: "tcp://other" });
        expect(await repair(clone("a"))).toMatchObject({ code: 0, removed: [] });
        setState([], "tcp://wrong", { default_5_2_0: "tcp://right" });
        const { code, output } = await repair(clone("a"));
        expect(code).toBe(1);
        expect(output).toContain("Check docker:host in the stack's configuration");
    });

    test("is looked for on this machine, which need not have a Docker Engine if the stack uses another", async () => {
        sandbox.program("docker", `[ -n "$DOCKER_HOST" ] || { echo cannot connect >&2; exit 1; }${DOCKER}`);
        setState([], "tcp://right");
        expect(await repair(clone("a"))).toMatchObject({ code: 0, removed: REMOVALS });
        setState([]);
        expect(await repair(clone("b"))).toMatchObject({ code: 1, removed: [] });
    });

    test("is looked for on the provider's engine, whatever context the docker command uses", async () => {
        const printEngine = 'echo "host=$DOCKER_HOST context=$DOCKER_CONTEXT" >&2; exit 1';
        sandbox.program("docker", printEngine);
        const repairOn = async (env: NodeJS.ProcessEnv, host?: string) => {
            setState([], host);
            return (await repair(clone("a"), { DOCKER_HOST: "", DOCKER_CONTEXT: "", ...env })).output;
        };
        expect(await repairOn({})).toContain("host= context=default");
        expect(await repairOn({ DOCKER_HOST: "tcp://x", DOCKER_CONTEXT: "big" })).toContain(
            "host= context=big",
        );
        expect(await repairOn({ DOCKER_HOST: "tcp://x" }, "tcp://set")).toContain("host=tcp://set context=");
    });

    test("is not an image: one that is missing is tainted if it was built here", async () => {
        const image = (name: string, type: string, outputs: object) => ({
            type,
            urn: `urn:pulumi:dev::drydock::${type}::${name}`,
            outputs,
        });
        const resources = [
            image("there", "docker:index/image:Image", { repoDigest: "sha256:there" }),
            image("gone", "docker:index/image:Image", { repoDigest: "sha256:gone" }),
            image("pushed", "docker:index/image:Image", { repoDigest: "registry/x@sha256:1" }),
            {
                ...image("web-image", "command:local:Command", { stdout: "sha256:buildx" }),
                inputs: { environment: { BUILT_IMAGE: "shop/web:dev" } },
            },
            image("pulled", "docker:index/remoteImage:RemoteImage", { imageId: "sha256:pulled" }),
        ];
        const tainted = join(sandbox.dir, "tainted");
        const taints = async (more: object[]) => {
            const state = JSON.stringify({ deployment: { resources: [...resources, ...more] } });
            sandbox.program(
                "pulumi",
                `case "$1 $2" in "state taint") shift 3; echo "$@" >${tainted} ;; "stack export") echo '${state}' ;; *) echo '{}' ;; esac`,
            );
            await repair(clone("a"));
            return readFileSync(tainted, "utf8").trim();
        };
        sandbox.program(
            "docker",
            'case "$*" in "image ls"*) echo sha256:there ;; info*) echo e false ;; esac',
        );
        const [, gone = "", , withSecrets = "", pulled = ""] = resources.map(({ urn }) => urn);
        expect(await taints([])).toBe(`${gone} ${withSecrets} --stack dev`);
        const container = { type: "docker:index/container:Container", id: "c1", urn: "urn:c", outputs: {} };
        expect(await taints([container])).toBe(`${gone} ${withSecrets} ${pulled} --stack dev`);
    });

    test("is recognized by its whole ID", async () => {
        setState(["c0ffee00"]);
        expect((await repair(clone("a"))).removed).toEqual(["docker network rm beef"]);
    });

    test("belongs to another clone that has the stack: neither up nor down touches it", async () => {
        setState(["another"]);
        expect((await repair(clone("a"))).code).toBe(0);
        const sentence = `The project in ${join(sandbox.dir, "a")} already runs the stack dev\nGive this one another name, \`drydock up --stack <name>\`, or run \`drydock down --stack dev\` there.`;
        for (const verb of ["up", "down"] as const) {
            const { code, output, removed } = await repair(clone("b"), {}, verb);
            expect(output).toContain(sentence);
            expect({ code, removed }).toEqual({ code: 1, removed: [] });
        }
        expect((await repair("s3://team", {}, "up", true)).code).toBe(1);
        expect((await repair(clone("a"))).code).toBe(0);
    });

    test("belongs to another clone: the empty stack of this one is removed again", async () => {
        await repair(clone("a"));
        const { code, removed } = await repair(clone("b"));
        expect({ code, removed }).toEqual({
            code: 1,
            removed: ["pulumi stack rm --yes --preserve-config --stack dev"],
        });
        expect(await repair("s3://team")).toMatchObject({ code: 1, removed: [] });
    });

    test.each<[string, () => void]>([
        [
            "was deleted",
            () => {
                rmSync(join(sandbox.dir, "a"), { recursive: true });
            },
        ],
        [
            "has destroyed the stack",
            () => {
                rmSync(join(sandbox.dir, "a/.drydock/state/.pulumi/stacks/drydock/dev.json"));
            },
        ],
        [
            "runs it on another Docker Engine",
            () => {
                setState([], "ssh://me@one");
            },
        ],
    ])("does not belong to another clone that %s", async (_, change) => {
        await repair(clone("a"));
        change();
        expect((await repair(clone("b"))).code).toBe(0);
    });

    test("is removed even if the cache directory is read-only", async () => {
        const env = { XDG_CACHE_HOME: "/dev/null" };
        expect(await repair(clone("a"), env)).toMatchObject({ code: 0, removed: REMOVALS });
    });
});
