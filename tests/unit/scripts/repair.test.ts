import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ROOT, Sandbox } from "./sandbox.ts";

const DOCKER = `
    case "$*" in
        "info --format {{.ID}}") echo "engine$DOCKER_HOST" ;;
        info*) echo false ;;
        ps*) echo 'c0ffee dev-db' ;;
        "network ls"*) echo 'beef dev-net' ;;
    esac`;
const NOTHING = ["docker rm --force c0ffee", "docker network rm beef"];

describe("what Docker has of a stack, and its state does not know,", () => {
    let box: Sandbox;
    beforeEach(() => {
        box = new Sandbox();
        box.program("docker", DOCKER);
        knows();
    });
    afterEach(() => {
        box.dispose();
    });

    /** Says what the state has; `docker:host` is what a first update is told of. */
    function knows(ids: string[] = [], host = "", providers: Record<string, string> = {}): void {
        const resources = [
            ...ids.map((id) => ({ type: "docker:index/container:Container", id })),
            ...Object.entries(providers).map(([name, at]) => ({
                type: "pulumi:providers:docker",
                urn: `urn:pulumi:dev::drydock::pulumi:providers:docker::${name}`,
                inputs: { host: at },
            })),
        ];
        const state = JSON.stringify({ deployment: { resources } });
        const settings = JSON.stringify({ "docker:host": { value: host } });
        box.program("pulumi", `case $1 in stack) echo '${state}' ;; config) echo '${settings}' ;; esac`);
    }

    /** A folder with the state of a stack `dev`. */
    function clone(name: string): string {
        box.write(`${name}/.drydock/state/.pulumi/stacks/drydock/dev.json`, "{}");
        return `file://${join(box.dir, name, ".drydock/state")}`;
    }

    function repair(backend: string, env: NodeJS.ProcessEnv = {}, verb = "up") {
        const script = join(ROOT, "scripts/repair.ts");
        const run = box.run(`node ${script} drydock dev ${verb}`, { PULUMI_BACKEND_URL: backend, ...env });
        const removed = box.calls().filter((call) => call.includes(" rm "));
        return { ...run, removed };
    }

    test("is removed where the state is in this clone, because nothing updates the stack", () => {
        const { code, output, removed } = repair(clone("a"));
        expect(output).toContain("removing what it left, container dev-db, network dev-net");
        expect({ code, removed }).toEqual({ code: 0, removed: NOTHING });
    });

    test("stays where the state is far away, and is told with what to do", () => {
        const { code, output, removed } = repair("s3://team");
        expect(output).toContain("container dev-db, network dev-net");
        expect(output).toContain("`make up ORPHANS=remove`");
        expect({ code, removed }).toEqual({ code: 0, removed: [] });
    });

    test("stays where the state is far away, and keeps make down from forgetting it", () => {
        const { code, output, removed } = repair("s3://team", {}, "down");
        expect(output).toContain("`make down ORPHANS=remove`");
        expect({ code, removed }).toEqual({ code: 1, removed: [] });
    });

    test("is removed where the state is far away when the user says so", () => {
        expect(repair("s3://team", { ORPHANS: "remove" })).toMatchObject({ code: 0, removed: NOTHING });
    });

    test("is looked for where the settings say, corrected or not, and where providers of one's own are", () => {
        box.program(
            "docker",
            '[ "$DOCKER_HOST" != tcp://wrong ] && case "$*" in info*) echo "$DOCKER_HOST" ;; esac',
        );
        knows([], "tcp://right", { default_5_2_0: "tcp://wrong", own: "tcp://other" });
        expect(repair(clone("a"))).toMatchObject({ code: 0, removed: [] });
        knows([], "tcp://wrong", { default_5_2_0: "tcp://right" });
        const { code, output } = repair(clone("a"));
        expect(code).toBe(1);
        expect(output).toContain("see that docker:host in the stack's settings is right");
    });

    test("is looked for where the provider looks, and not where the docker command was sent last", () => {
        const say = 'echo "host=$DOCKER_HOST context=$DOCKER_CONTEXT" >&2; exit 1';
        box.program("docker", say);
        const looks = (env: NodeJS.ProcessEnv, host?: string) => {
            knows([], host);
            return repair(clone("a"), { DOCKER_HOST: "", DOCKER_CONTEXT: "", ...env }).output;
        };
        expect(looks({})).toContain("host= context=default");
        expect(looks({ DOCKER_HOST: "tcp://x", DOCKER_CONTEXT: "big" })).toContain("host= context=big");
        expect(looks({ DOCKER_HOST: "tcp://x" }, "tcp://set")).toContain("host=tcp://set context=");
    });

    test("is not what makes an image again that is gone: make up taints it, where it was built here", () => {
        const image = (name: string, type: string, outputs: object) => ({
            type,
            urn: `urn:pulumi:dev::drydock::${type}::${name}`,
            outputs,
        });
        const resources = [
            image("there", "docker:index/image:Image", { repoDigest: "sha256:there" }),
            image("gone", "docker:index/image:Image", { repoDigest: "sha256:gone" }),
            image("pushed", "docker:index/image:Image", { repoDigest: "registry/x@sha256:1" }),
            image("pulled", "docker:index/remoteImage:RemoteImage", { imageId: "sha256:pulled" }),
        ];
        const tainted = join(box.dir, "tainted");
        const taints = (more: object[]) => {
            const state = JSON.stringify({ deployment: { resources: [...resources, ...more] } });
            box.program(
                "pulumi",
                `case "$1 $2" in "state taint") shift 3; echo "$@" >${tainted} ;; "stack export") echo '${state}' ;; *) echo '{}' ;; esac`,
            );
            repair(clone("a"));
            return readFileSync(tainted, "utf8").trim();
        };
        box.program("docker", 'case "$*" in "image ls"*) echo sha256:there ;; info*) echo e ;; esac');
        const [gone, pulled] = [resources[1]?.urn, resources[3]?.urn];
        expect(taints([])).toBe(`${gone ?? ""} --stack dev`);
        const container = { type: "docker:index/container:Container", id: "c1", urn: "urn:c", outputs: {} };
        expect(taints([container])).toBe(`${gone ?? ""} ${pulled ?? ""} --stack dev`);
    });

    test("is told from what it knows, by a whole ID", () => {
        knows(["c0ffee00"]);
        expect(repair(clone("a")).removed).toEqual(["docker network rm beef"]);
    });

    test("is another clone's where that has the stack: neither up nor down touches it", () => {
        knows(["another"]);
        expect(repair(clone("a")).code).toBe(0);
        const sentence = `The stack dev is up in the clone in ${join(box.dir, "a")}: give this one a name of its own, \`make up STACK=...\`, or run \`make down\` there.`;
        for (const verb of ["up", "down"]) {
            const { code, output, removed } = repair(clone("b"), {}, verb);
            expect(output).toContain(sentence);
            expect({ code, removed }).toEqual({ code: 1, removed: [] });
        }
        expect(repair("s3://team", { ORPHANS: "remove" }).code).toBe(1);
        expect(repair(clone("a")).code).toBe(0);
    });

    test("is another clone's: of a stack that has nothing yet, nothing stays", () => {
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
            "was removed",
            () => {
                rmSync(join(box.dir, "a"), { recursive: true });
            },
        ],
        [
            "has taken it down",
            () => {
                rmSync(join(box.dir, "a/.drydock/state/.pulumi/stacks/drydock/dev.json"));
            },
        ],
        [
            "has it on another Docker Engine",
            () => {
                knows([], "ssh://me@one");
            },
        ],
    ])("is not another clone's that %s", (_, change) => {
        repair(clone("a"));
        change();
        expect(repair(clone("b")).code).toBe(0);
    });

    test("is repaired with a cache that cannot be written to", () => {
        expect(repair(clone("a"), { XDG_CACHE_HOME: "/dev/null" })).toMatchObject({ code: 0 });
    });
});
