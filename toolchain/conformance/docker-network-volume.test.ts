import { docker, inspectAny } from "./docker-cli.ts";
import { byName, nameOf, Stack, type PreviewStep } from "./stack.ts";

const ADOPTED = `drydock-conformance-adopted-${process.pid}`;

interface Network {
    Id: string;
    Internal: boolean;
    Labels: Record<string, string>;
    IPAM: { Config: { Subnet: string; Gateway: string }[] };
}

interface Volume {
    Name: string;
    Labels: Record<string, string>;
    Mountpoint: string;
}

const networkOf = (name: string) => inspectAny(name) as Network | undefined;
const volumeOf = (name: string) => inspectAny(name) as Volume | undefined;

describe("networks and volumes", () => {
    const stack = new Stack("places");
    let names: Record<string, string>;
    let network: Network | undefined;

    beforeAll(() => {
        const id = docker("network", "create", "--label", "by=hand", ADOPTED);
        docker("volume", "create", "--label", "by=hand", ADOPTED);
        network = networkOf(id);
    });

    afterAll(async () => {
        await stack.dispose();
        // The tests have removed them unless one failed.
        for (const kind of ["network", "volume"]) {
            if (docker(kind, "ls", "--quiet", "--filter", `name=${ADOPTED}`)) docker(kind, "rm", ADOPTED);
        }
    });

    const program = ({
        labels = '{ label: "a", value: "1" }, { label: "b", value: "2" }',
        more = "",
    } = {}) => `
        const net = new docker.Network("net", { internal: true, labels: [${labels}], options: {
            "com.docker.network.bridge.enable_icc": "true",
        } });
        const subnet = new docker.Network("subnet", {
            ipamConfigs: [{ subnet: "10.213.${process.pid % 256}.0/24", gateway: "10.213.${process.pid % 256}.1" }],
        });
        const vol = new docker.Volume("vol", { labels: [${labels}] });
        const backup = new docker.Volume("backup", { labels: [{ label: "of", value: vol.mountpoint }] });
        const adoptedNet = new docker.Network("adopted-net", {
            name: "${ADOPTED}", labels: [{ label: "by", value: "hand" }],
        }, { import: "${network?.Id}" });
        const adoptedVol = new docker.Volume("adopted-vol", {
            name: "${ADOPTED}", labels: [{ label: "by", value: "hand" }],
        }, { import: "${ADOPTED}" });
        ${more}
        return {
            net: net.name, subnet: subnet.name, scope: subnet.scope, driver: net.driver, backup: backup.name,
            vol: vol.name, mountpoint: vol.mountpoint, adopted: [adoptedNet.driver, adoptedVol.driver],
        };`;

    const withOp = (steps: PreviewStep[], op: string) =>
        steps
            .filter((step) => step.op === op)
            .map(nameOf)
            .sort();

    test("are created and imported as declared, but not by a preview", async () => {
        const steps = await stack.preview(program());
        expect(withOp(steps, "create")).toEqual(["backup", "net", "subnet", "vol"]);
        expect(withOp(steps, "import")).toEqual(["adopted-net", "adopted-vol"]);
        expect(docker("volume", "ls", "--quiet", "--filter", "name=vol-")).toBe("");

        expect(await stack.up(program())).toSucceed();
        names = (await stack.outputs()) as Record<string, string>;
        expect(names).toMatchObject({ scope: "local", driver: "bridge", adopted: ["bridge", "local"] });
        expect(names.net).toMatch(/^net-[0-9a-f]{7}$/);
        expect(names.vol).toMatch(/^vol-[0-9a-f]{7}$/);
        expect(networkOf(names.net ?? "")).toMatchObject({
            Internal: true,
            Labels: { a: "1", b: "2" },
        });
        const subnet = `10.213.${process.pid % 256}`;
        expect(networkOf(names.subnet ?? "")?.IPAM.Config).toEqual([
            { Subnet: `${subnet}.0/24`, Gateway: `${subnet}.1` },
        ]);
        expect(volumeOf(names.vol ?? "")).toMatchObject({
            Labels: { a: "1", b: "2" },
            Mountpoint: names.mountpoint,
        });
        const state = byName(await stack.state());
        expect(state["adopted-net"]?.id).toBe(network?.Id);
        expect(state.vol?.id).toBe(names.vol);
    });

    test("have no diff after a refresh, and with their labels in another order", async () => {
        const labels = '{ label: "b", value: "2" }, { label: "a", value: "1" }';
        const run = await stack.up(program({ labels }), "--refresh", "--expect-no-changes");
        expect(run).toSucceed();
    });

    test("are replaced if their labels change, and created if they were removed", async () => {
        docker("network", "rm", names.subnet ?? "");
        const changed = program({ labels: '{ label: "a", value: "3" }' });
        const steps = await stack.preview(changed, "--refresh");
        expect(withOp(steps, "create")).toEqual(["subnet"]);
        // The backup's label contains the volume's mountpoint, which is unknown.
        expect(withOp(steps, "replace")).toEqual(["backup", "net", "vol"]);

        expect(await stack.up(changed, "--refresh")).toSucceed();
        for (const gone of [names.net, names.vol, names.backup])
            expect(inspectAny(gone ?? "")).toBeUndefined();
        names = (await stack.outputs()) as Record<string, string>;
        expect(networkOf(names.net ?? "")?.Labels).toEqual({ a: "3" });
        expect(volumeOf(names.backup ?? "")?.Labels).toEqual({ of: names.mountpoint });
    });

    test("are removed on destroy, including imported ones", async () => {
        expect(await stack.destroy()).toSucceed();
        for (const name of [names.net, names.subnet, names.vol, names.backup, ADOPTED])
            expect(inspectAny(String(name))).toBeUndefined();
    });
});
