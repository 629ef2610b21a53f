import { join } from "node:path";
import { Clone } from "./clone.ts";
import { EmptyServer } from "./empty-server.ts";
import { fetchPage } from "./network.ts";
import { createPosixPath } from "./posix-path.ts";
import { waitUntil } from "./wait.ts";

/** From a machine without the extensions of GNU. */
describe("on an empty Debian behind ssh, drydock server", () => {
    const server = new EmptyServer("server");
    const clone = new Clone();
    const path = join(clone.dir, ".path");
    let port = 0;
    const drydock = (line: string) =>
        clone.run(
            `cd project && PATH=${server.client.directory}:${path} node ${clone.dir}/dist/cli/bin.js server ${line}`,
        );
    const docker = (line: string) =>
        clone.run(`PATH=${server.client.path} docker --host ssh://${server.destination} ${line}`);

    beforeAll(async () => {
        createPosixPath(path, ["ssh"]);
        clone.shell("mkdir project; printf 'name: shop\\nruntime: yaml\\n' >project/Pulumi.yaml");
        ({ port } = await server.start(80));
    });
    afterAll(async () => {
        await clone.dispose();
        server.dispose();
    });

    test("check names what is missing", async () => {
        const { code, output } = await drydock(`check ${server.destination}`);
        expect(output).toMatch(/^✗ Docker +not installed$/m);
        expect({ code, output }).toExitWith(1);
        expect(server.shell("ls /etc/docker 2>&1 || true")).toContain("No such file");
    });

    test("setup installs Docker, which answers the user, and names the machine in the stack", async () => {
        const { code, output } = await drydock(
            `setup ${server.destination} --yes --stack production --security-updates`,
        );
        expect({ code, output }).toSucceed();
        expect(output).toContain(`${server.destination} is ready.`);
        expect(clone.shell("cat project/Pulumi.production.yaml")).toBe(
            `config:\n  docker:host: ssh://${server.destination}\n`,
        );
        expect((await docker("info --format '{{.LoggingDriver}} {{.ServerVersion}}'")).output).toMatch(
            /^json-file \d/,
        );
    });

    test("setup changes nothing the second time, and check finds nothing", async () => {
        const state = () =>
            server.shell(
                "find /etc /usr -newer /etc/docker/daemon.json -type f | sort; cat /run/docker.pid; id deploy",
            );
        const before = state();
        const { code, output } = await drydock(
            `setup ${server.destination} --yes --stack production --security-updates`,
        );
        expect({ code, output }).toSucceed();
        expect(output).toContain("Nothing to do.");
        expect(state()).toBe(before);
        expect(await drydock(`check ${server.destination} --security-updates`)).toSucceed();
    });

    test("containers answer again after the machine has restarted", async () => {
        const load = `docker save nginx:1.26 | PATH=${server.client.path} docker --host ssh://${server.destination} load`;
        expect(await clone.run(load)).toSucceed();
        const run = await docker(
            "run --detach --name web --restart unless-stopped --publish 80:80 nginx:1.26",
        );
        expect(run).toSucceed();
        const isAnswering = () => fetchPage(`http://127.0.0.1:${port}/`).then(() => true);
        await waitUntil("nginx answers", isAnswering);
        const { output } = await docker("inspect --format '{{json .HostConfig.LogConfig.Config}}' web");
        expect(JSON.parse(output)).toEqual({ "max-file": "3", "max-size": "10m" });
        expect((await drydock(`check ${server.destination}`)).output).toContain("80 published by containers");

        server.restart();
        await waitUntil("nginx answers again", isAnswering);
        expect(await drydock(`check ${server.destination}`)).toSucceed();
    });
});
