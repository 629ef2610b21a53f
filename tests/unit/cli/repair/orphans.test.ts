import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ROOT, Sandbox } from "../../sandbox.ts";

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

    function repair(backend: string, env: NodeJS.ProcessEnv = {}, verb = "up", option = "") {
        const script = join(ROOT, "tests/unit/cli/run-step.ts");
        const run = sandbox.run(`node ${script} ${verb} drydock ${option}`, {
            PULUMI_BACKEND_URL: backend,
            ...env,
        });
        const removed = sandbox.calls().filter((call) => call.includes(" rm "));
        return { ...run, removed };
    }

    test("is removed if the state is in this clone: no update is running", () => {
        const { code, output, removed } = repair(clone("a"));
        expect(output).toContain("Removing what it left: container dev-db, network dev-net");
        expect({ code, removed }).toEqual({ code: 0, removed: REMOVALS });
    });

    test("is kept with a remote backend, and reported with the remedy", () => {
        const { code, output, removed } = repair("s3://team");
        expect(output).toContain("container dev-db, network dev-net");
        expect(output).toContain("`drydock up --remove-orphans`");
        expect({ code, removed }).toEqual({ code: 0, removed: [] });
    });

    test("is kept with a remote backend, and stops a removal", () => {
        const { code, output, removed } = repair("s3://team", {}, "down");
        expect(output).toContain("`drydock down --remove-orphans`");
        expect({ code, removed }).toEqual({ code: 1, removed: [] });
    });

    test("is removed with a remote backend and --remove-orphans", () => {
        expect(repair("s3://team", {}, "up", "--remove-orphans")).toMatchObject({
            code: 0,
            removed: REMOVALS,
        });
    });

    test("is looked for on the configured engine and on those of explicit providers", () => {
        sandbox.program(
            "docker",
            '[ "$DOCKER_HOST" != tcp://wrong ] && case "$*" in info*) echo "$DOCKER_HOST false" ;; esac',
        );
        setState([], "tcp://right", { default_5_2_0: "tcp://wrong", own: "tcp://other" });
        expect(repair(clone("a"))).toMatchObject({ code: 0, removed: [] });
        setState([], "tcp://wrong", { default_5_2_0: "tcp://right" });
        const { code, output } = repair(clone("a"));
        expect(code).toBe(1);
        expect(output).toContain("Check docker:host in the stack's configuration");
    });

    test("is looked for on this machine, which need not have a Docker Engine if the stack uses another", () => {
        sandbox.program("docker", `[ -n "$DOCKER_HOST" ] || { echo cannot connect >&2; exit 1; }${DOCKER}`);
        setState([], "tcp://right");
        expect(repair(clone("a"))).toMatchObject({ code: 0, removed: REMOVALS });
        setState([]);
        expect(repair(clone("b"))).toMatchObject({ code: 1, removed: [] });
    });

    test("is looked for on the provider's engine, whatever context the docker command uses", () => {
        const printEngine = 'echo "host=$DOCKER_HOST context=$DOCKER_CONTEXT" >&2; exit 1';
        sandbox.program("docker", printEngine);
        const repairOn = (env: NodeJS.ProcessEnv, host?: string) => {
            setState([], host);
            return repair(clone("a"), { DOCKER_HOST: "", DOCKER_CONTEXT: "", ...env }).output;
        };
        expect(repairOn({})).toContain("host= context=default");
        expect(repairOn({ DOCKER_HOST: "tcp://x", DOCKER_CONTEXT: "big" })).toContain("host= context=big");
        expect(repairOn({ DOCKER_HOST: "tcp://x" }, "tcp://set")).toContain("host=tcp://set context=");
    });

    test("is not an image: one that is missing is tainted if it was built here", () => {
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
        const taints = (more: object[]) => {
            const state = JSON.stringify({ deployment: { resources: [...resources, ...more] } });
            sandbox.program(
                "pulumi",
                `case "$1 $2" in "state taint") shift 3; echo "$@" >${tainted} ;; "stack export") echo '${state}' ;; *) echo '{}' ;; esac`,
            );
            repair(clone("a"));
            return readFileSync(tainted, "utf8").trim();
        };
        sandbox.program(
            "docker",
            'case "$*" in "image ls"*) echo sha256:there ;; info*) echo e false ;; esac',
        );
        const [, gone = "", , withSecrets = "", pulled = ""] = resources.map(({ urn }) => urn);
        expect(taints([])).toBe(`${gone} ${withSecrets} --stack dev`);
        const container = { type: "docker:index/container:Container", id: "c1", urn: "urn:c", outputs: {} };
        expect(taints([container])).toBe(`${gone} ${withSecrets} ${pulled} --stack dev`);
    });

    test("is recognized by its whole ID", () => {
        setState(["c0ffee00"]);
        expect(repair(clone("a")).removed).toEqual(["docker network rm beef"]);
    });

    test("belongs to another clone that has the stack: neither up nor down touches it", () => {
        setState(["another"]);
        expect(repair(clone("a")).code).toBe(0);
        const sentence = `The project in ${join(sandbox.dir, "a")} already runs the stack dev\nGive this one another name, \`drydock up --stack <name>\`, or run \`drydock down\` there.`;
        for (const verb of ["up", "down"]) {
            const { code, output, removed } = repair(clone("b"), {}, verb);
            expect(output).toContain(sentence);
            expect({ code, removed }).toEqual({ code: 1, removed: [] });
        }
        expect(repair("s3://team", {}, "up", "--remove-orphans").code).toBe(1);
        expect(repair(clone("a")).code).toBe(0);
    });

    test("belongs to another clone: the empty stack of this one is removed again", () => {
        repair(clone("a"));
        const { code, removed } = repair(clone("b"));
        expect({ code, removed }).toEqual({
            code: 1,
            removed: ["pulumi stack rm --yes --preserve-config --stack dev"],
        });
        expect(repair("s3://team")).toMatchObject({ code: 1, removed: [] });
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
    ])("does not belong to another clone that %s", (_, change) => {
        repair(clone("a"));
        change();
        expect(repair(clone("b")).code).toBe(0);
    });

    test("is removed even if the cache directory is read-only", () => {
        const env = { XDG_CACHE_HOME: "/dev/null" };
        expect(repair(clone("a"), env)).toMatchObject({ code: 0, removed: REMOVALS });
    });
});
