import { docker, tryDocker, cleanUp, run } from "../testing.ts";

// What users rely on in the official image, tested from outside: the tests pass for both images.

afterAll(cleanUp);

describe("docker:28-cli", () => {
    const volumes = { "/var/run/docker.sock": "/var/run/docker.sock" };
    const volume = `drydock-images-cli-${process.pid}`;

    afterAll(() => tryDocker("volume", "rm", "--force", volume));

    test("runs a docker command on the mounted socket", async () => {
        await docker("volume", "create", volume);
        await run("docker:28-cli", { volumes }, "volume", "rm", volume);
        expect(await docker("volume", "ls", "--quiet", "--filter", `name=${volume}`)).toBe("");
    });

    test("runs a shell script that calls docker", async () => {
        await docker("volume", "create", volume);
        const script = 'for volume; do docker volume inspect --format "{{ .Name }}" "$volume"; done';
        expect(await run("docker:28-cli", { volumes }, "sh", "-c", script, "sh", volume)).toBe(volume);
    });

    test("takes options as docker's", async () => {
        expect(await run("docker:28-cli", {}, "--version")).toMatch(/^Docker version /);
    });

    test("reports the exit code of docker", async () => {
        const args = ["run", "--rm", "--volume=/var/run/docker.sock:/var/run/docker.sock", "docker:28-cli"];
        const { code, output } = await tryDocker(...args, "volume", "inspect", "no-such-volume");
        expect({ code, output }).toExitWith(1);
        expect(output).toContain("no-such-volume");
    });

    test("looks for the engine at DOCKER_HOST, then at the socket, then at a container called docker", async () => {
        const host = ["sh", "-c", "echo $DOCKER_HOST"];
        const env = { DOCKER_HOST: "tcp://engine.example:2375" };
        expect(await run("docker:28-cli", { volumes, env }, ...host)).toBe(env.DOCKER_HOST);
        expect(await run("docker:28-cli", { volumes }, ...host)).toBe("unix:///var/run/docker.sock");
        expect(await run("docker:28-cli", {}, ...host)).toBe("tcp://docker:2375");
    });

    test("uses TLS with a container called docker if its certificates are mounted", async () => {
        const make = "for name in ca cert key; do echo x >/certs/client/$name.pem; done";
        const show = "echo $DOCKER_HOST $DOCKER_TLS_VERIFY $DOCKER_CERT_PATH";
        const script = `${make}; exec docker-entrypoint.sh sh -c '${show}'`;
        const environment = ["env", "-u", "DOCKER_HOST", "sh", "-c", script];
        expect(await run("docker:28-cli", {}, ...environment)).toBe("tcp://docker:2376 1 /certs/client");
    });
});
