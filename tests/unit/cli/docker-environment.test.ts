import { docker, engineInfo, isLocal, type Environment } from "../../../cli/docker-environment.ts";
import { Sandbox } from "../sandbox.ts";

describe("an engine", () => {
    const { DOCKER_HOST, DOCKER_CONTEXT } = process.env;
    afterEach(() => {
        Object.assign(process.env, { DOCKER_HOST: DOCKER_HOST ?? "", DOCKER_CONTEXT: DOCKER_CONTEXT ?? "" });
    });

    test.each<[boolean, Environment, Environment]>([
        [true, {}, {}],
        [true, {}, { DOCKER_HOST: "unix:///run/user/1000/docker.sock" }],
        [false, {}, { DOCKER_HOST: "ssh://one" }],
        [false, {}, { DOCKER_CONTEXT: "far" }],
        [true, {}, { DOCKER_CONTEXT: "default" }],
        [true, { DOCKER_HOST: "unix:///var/run/docker.sock" }, { DOCKER_HOST: "ssh://one" }],
        [false, { DOCKER_HOST: "tcp://one:2376" }, {}],
        [false, { DOCKER_CONTEXT: "far" }, {}],
    ])(
        "is local (%j) with %j in the configuration of the stack and %j in the environment",
        (is, given, env) => {
            Object.assign(process.env, { DOCKER_HOST: "", DOCKER_CONTEXT: "", ...env });
            expect(isLocal(given)).toBe(is);
        },
    );

    test.each([
        ["is missing", undefined, "The docker command cannot be run: spawn docker ENOENT"],
        ["reports an error", "echo Warning >&2; echo 'Cannot connect' >&2; exit 1", "Cannot connect"],
    ])("does not answer if the docker command %s", async (_, script, message) => {
        const sandbox = new Sandbox();
        if (script !== undefined) sandbox.program("docker", script);
        await expect(engineInfo({ PATH: `${sandbox.dir}/bin` })).rejects.toThrow(message);
        sandbox.dispose();
    });

    test("may print megabytes of output", () => {
        const sandbox = new Sandbox();
        sandbox.program("docker", "head -c 2000000 /dev/zero");
        const { PATH = "" } = process.env;
        expect(docker({ PATH: `${sandbox.dir}/bin:${PATH}` }, "inspect")).toHaveLength(2_000_000);
        sandbox.dispose();
    });
});
