import { join } from "node:path";
import { ROOT, Sandbox } from "../sandbox.ts";

/** Lists two images, and prints the Dockerfile of a build. */
const DOCKER = `
    case "$*" in
        images*) printf 'redis:8\\nredis:<none>\\npostgres:17\\n' ;;
        build*) echo "BuildKit $DOCKER_BUILDKIT: $(ls "\${@: -1}/Dockerfile")" >&2 ;;
        save*) echo archive ;;
    esac`;

describe("the images that a run caches for the next one", () => {
    const sandbox = new Sandbox();
    const cache = join(sandbox.dir, ".cache/drydock-images");
    const kept = `--tag drydock/sample:cache`;
    const run = (verb: string) => sandbox.run(`${join(ROOT, ".github/image-cache.sh")} ${verb}`);
    beforeAll(() => {
        sandbox.program("docker", DOCKER);
    });
    afterAll(() => {
        sandbox.dispose();
    });

    test("do not exist at first", () => {
        expect(run("load")).toEqual({ code: 0, output: "" });
    });

    test("are those of the dev stack, and the application's with its build cache", () => {
        expect(run("save")).toEqual({ code: 0, output: `BuildKit 1: ${cache}/sample/Dockerfile\n` });
        expect(sandbox.calls()).toEqual([
            `docker build --quiet --build-arg BUILDKIT_INLINE_CACHE=1 ${kept} ${cache}/sample`,
            expect.stringMatching(/^docker images /),
            "docker save drydock/sample:cache redis:8 postgres:17",
        ]);
        expect(sandbox.run(`gunzip <${cache}/images.tar.gz`).output).toBe("archive\n");
    });

    test("are loaded, and BuildKit imports the application's layers", () => {
        expect(run("load").code).toBe(0);
        expect(sandbox.calls()).toEqual([
            `docker load --input ${cache}/images.tar.gz`,
            `docker build --quiet --build-arg BUILDKIT_INLINE_CACHE=1 ${kept} --cache-from drydock/sample:cache ${cache}/sample`,
        ]);
    });

    test("are not saved if the application cannot be built", () => {
        sandbox.program("docker", "exit 1");
        expect(run("save").code).not.toBe(0);
        expect(sandbox.run(`ls ${cache}`).output).toBe("sample\n");
    });
});
