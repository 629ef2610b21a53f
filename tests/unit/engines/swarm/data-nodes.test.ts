import { refuseSeveralNodes } from "../../../../components/engines/swarm/placement.ts";
import { refusal } from "../../../../testing/index.ts";

describe("data on the nodes of a Swarm", () => {
    const uploads = { label: "drydock.data.uploads" };
    const assets = { label: "drydock.data.assets" };
    const swarm = (withLabel: Record<string, string>, nodes = ["node-1", "node-2"]) => ({ nodes, withLabel });
    const message = (...args: Parameters<typeof refuseSeveralNodes>) =>
        refusal(() => {
            refuseSeveralNodes(...args);
        });

    test("is refused if the program puts it on two nodes", async () => {
        expect(await message([uploads, { ...uploads, node: "n1" }, { ...assets, node: "n2" }])).toBe(
            "mounts: the data of uploads is on the node n1, and that of assets on n2: no node can run a container that " +
                "mounts both; declare each as a Volume with the same swarm.node (Drydock does not move existing data)",
        );
    });

    test("is refused if it already is on two nodes, whatever the program says", async () => {
        const nodes = swarm({ [uploads.label]: "node-1", [assets.label]: "node-2" });
        expect(await message([uploads, { ...assets, node: "node-1" }], nodes)).toContain(
            "the data of uploads is on the node node-1, and that of assets on node-2",
        );
    });

    test("is refused if it could be created on another node", async () => {
        expect(await message([uploads, assets], swarm({ [uploads.label]: "node-1" }))).toBe(
            "mounts: the data of assets is on no node yet, and must be on the one that has uploads (node-1); declare each as a Volume with the same swarm.node",
        );
        expect(await message([uploads, assets], swarm({}))).toContain(
            "the data of uploads is on no node yet",
        );
    });

    test.each<[string, ...Parameters<typeof refuseSeveralNodes>]>([
        ["on one node", [uploads, assets], swarm({ [uploads.label]: "node-1", [assets.label]: "node-1" })],
        ["that will be created beside other data", [uploads, { ...assets, followsData: true }], swarm({})],
        ["in a Swarm of one node", [uploads, assets], swarm({}, ["node-1"])],
        ["in a Swarm that does not exist yet", [uploads, assets], undefined],
        ["that is mounted twice", [uploads, uploads], swarm({})],
    ])("is allowed %s", (_, data, nodes) => {
        expect(() => {
            refuseSeveralNodes(data, nodes);
        }).not.toThrow();
    });
});
