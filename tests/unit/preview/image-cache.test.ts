import { join } from "node:path";
import { ROOT, Sandbox } from "../scripts/sandbox.ts";

/** Tells of two images, and of what it is to build. */
const DOCKER = `
    case "$*" in
        images*) printf 'redis:8\\nredis:<none>\\npostgres:17\\n' ;;
        build*) echo "BuildKit $DOCKER_BUILDKIT: $(ls "\${@: -1}/Dockerfile")" >&2 ;;
        save*) echo archive ;;
    esac`;

describe("the images that a run leaves to the next", () => {
    const box = new Sandbox();
    const cache = join(box.dir, ".cache/drydock-images");
    const kept = `--tag drydock/sample:cache`;
    const run = (verb: string) => box.run(`${join(ROOT, ".github/image-cache.sh")} ${verb}`);
    beforeAll(() => {
        box.program("docker", DOCKER);
    });
    afterAll(() => {
        box.dispose();
    });

    test("do not exist at first", () => {
        expect(run("load")).toEqual({ code: 0, output: "" });
    });

    test("are those of the dev stack, and the application's with its build cache", () => {
        expect(run("save")).toEqual({ code: 0, output: `BuildKit 1: ${cache}/sample/Dockerfile\n` });
        expect(box.calls()).toEqual([
            `docker build --quiet --build-arg BUILDKIT_INLINE_CACHE=1 ${kept} ${cache}/sample`,
            expect.stringMatching(/^docker images /),
            "docker save drydock/sample:cache redis:8 postgres:17",
        ]);
        expect(box.run(`gunzip <${cache}/images.tar.gz`).output).toBe("archive\n");
    });

    test("are loaded, and BuildKit imports the application's layers", () => {
        expect(run("load").code).toBe(0);
        expect(box.calls()).toEqual([
            `docker load --input ${cache}/images.tar.gz`,
            `docker build --quiet --build-arg BUILDKIT_INLINE_CACHE=1 ${kept} --cache-from drydock/sample:cache ${cache}/sample`,
        ]);
    });

    test("are not saved if the application cannot be built", () => {
        box.program("docker", "exit 1");
        expect(run("save").code).not.toBe(0);
        expect(box.run(`ls ${cache}`).output).toBe("sample\n");
    });
});
