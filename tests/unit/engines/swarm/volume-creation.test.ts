import { FakeSwarm, LABEL, SERVICE, VOLUME } from "../fake-swarm.ts";

/** The function `create` of components/engines/swarm/volumes.sh, which labels the node that is to have the data. */
describe("the creation of a volume on a Swarm", () => {
    let swarm: FakeSwarm;
    beforeEach(() => {
        swarm = new FakeSwarm();
    });
    afterEach(() => {
        swarm.remove();
    });

    test("labels the node with the fewest labels, and prints the name of the volume", () => {
        swarm.addNode("a", ["x=1", "y=1"]);
        swarm.addNode("b", ["x=1"]);
        swarm.addNode("c", ["x=1", "y=1", "z=1"]);
        expect(swarm.create()).toEqual({ status: 0, stdout: VOLUME, stderr: "" });
        expect(swarm.labelledNodes()).toEqual(["b"]);
    });

    test("compares numbers of labels as numbers, and chooses among equal ones by name", () => {
        swarm.addNode(
            "a",
            Array.from({ length: 10 }, (_, i) => `l${i}=1`),
        );
        swarm.addNode("d", ["x=1", "y=1"]);
        swarm.addNode("c", ["x=1", "y=1"]);
        expect(swarm.create().status).toBe(0);
        expect(swarm.labelledNodes()).toEqual(["c"]);
    });

    test.each(["down active", "ready drain", "ready pause", "unknown active"])(
        "skips a node that is %s",
        (state) => {
            swarm.addNode("a", [], state);
            swarm.addNode("b", ["x=1"]);
            expect(swarm.create().status).toBe(0);
            expect(swarm.labelledNodes()).toEqual(["b"]);
        },
    );

    test("labels the node that the user has chosen", () => {
        swarm.addNode("a");
        swarm.addNode("b", ["x=1"]);
        expect(swarm.create({ NODE: "b" })).toEqual({ status: 0, stdout: VOLUME, stderr: "" });
        expect(swarm.labelledNodes()).toEqual(["b"]);
    });

    test("uses the name that an earlier run printed if there is no other", () => {
        swarm.addNode("a", ["drydock.data.shop.dev.before=true"]);
        const environment = { PLACE: "", PULUMI_COMMAND_STDOUT: "shop.dev.before" };
        expect(swarm.create(environment)).toEqual({ status: 0, stdout: "shop.dev.before", stderr: "" });
        expect(swarm.changes()).toEqual([]);
    });

    test("does not choose a node again if the label is lost", () => {
        swarm.addNode("a");
        expect(swarm.create({ PULUMI_COMMAND_STDOUT: VOLUME })).toEqual({
            status: 1,
            stdout: "",
            stderr:
                `No node of this Swarm has the label ${LABEL}, which marks the node that has the data of ${VOLUME}.\n` +
                `Label the node that has the data: docker node update --label-add ${LABEL}=true NODE\n`,
        });
        expect(swarm.changes()).toEqual([]);
    });

    test("labels a node for another volume, and reports that the data of the former one stays", () => {
        swarm.addNode("a");
        expect(swarm.create({ PULUMI_COMMAND_STDOUT: "shop.dev.before" })).toEqual({
            status: 0,
            stdout: VOLUME,
            stderr: "The data of shop.dev.before is no longer used, and stays where it is.\n",
        });
        expect(swarm.labelledNodes()).toEqual(["a"]);
    });

    test("labels this node if it has the volume from before the component moved to the Swarm", () => {
        swarm.addNode("a");
        swarm.addNode("b", ["x=1"]);
        swarm.write("volumes", `${VOLUME}\n`);
        expect(swarm.create()).toEqual({ status: 0, stdout: VOLUME, stderr: "" });
        expect(swarm.labelledNodes()).toEqual(["b"]);
    });

    test("fails while a container of this Docker Engine uses the data", () => {
        swarm.addNode("b");
        swarm.write("container", "true\n");
        expect(swarm.create()).toEqual({
            status: 1,
            stdout: "",
            stderr:
                `The container ${SERVICE} uses the data of ${VOLUME}. Two servers on the same files would corrupt them.\n` +
                `Stop the container, which keeps the data, and run this again: docker stop ${SERVICE}\n`,
        });
        expect(swarm.changes()).toEqual([]);
    });

    test("waits for a container that the same update removes", () => {
        swarm.addNode("b");
        swarm.write("container", "true\ntrue\nfalse\n");
        expect(swarm.create()).toEqual({ status: 0, stdout: VOLUME, stderr: "" });
        expect(swarm.labelledNodes()).toEqual(["b"]);
    });

    test("retries if another update of the node conflicts", () => {
        swarm.addNode("a");
        swarm.write("conflicts", "once\ntwice\n");
        expect(swarm.create()).toEqual({ status: 0, stdout: VOLUME, stderr: "" });
        expect(swarm.labelledNodes()).toEqual(["a"]);
    });

    test("fails if updates keep conflicting", () => {
        swarm.addNode("a");
        swarm.write("update-error", "rpc error: update out of sequence\n");
        expect(swarm.create()).toMatchObject({ status: 1, stderr: "rpc error: update out of sequence\n" });
    });

    test.each(["", "b"])("leaves the label where it is if swarm.node is %j", (NODE) => {
        swarm.addNode("a");
        swarm.addNode("b", ["x=1", `${LABEL}=true`], "down active");
        expect(swarm.create({ NODE })).toEqual({ status: 0, stdout: VOLUME, stderr: "" });
        expect(swarm.labelledNodes()).toEqual(["b"]);
        expect(swarm.changes()).toEqual([]);
    });

    test("ignores labels of other volumes", () => {
        swarm.addNode("a", [`${LABEL}2=true`, "drydock.data.shop.dev.cache=true"]);
        swarm.addNode("b");
        expect(swarm.create().status).toBe(0);
        expect(swarm.labelledNodes()).toEqual(["b"]);
    });

    test("refuses a node other than the one that has the data", () => {
        swarm.addNode("a");
        swarm.addNode("b", [`${LABEL}=true`]);
        expect(swarm.create({ NODE: "a" })).toEqual({
            status: 1,
            stdout: "",
            stderr:
                `The data of ${VOLUME} is on b, but swarm.node is a. Drydock does not move data.\n` +
                `Set swarm.node to b; or copy the data, and move the label ${LABEL} with docker node update.\n`,
        });
        expect(swarm.labelledNodes()).toEqual(["b"]);
        expect(swarm.changes()).toEqual([]);
    });

    test.each(["", "a"])("refuses several nodes with the label if swarm.node is %j", (NODE) => {
        swarm.addNode("a", [`${LABEL}=true`]);
        swarm.addNode("b", [`${LABEL}=true`]);
        expect(swarm.create({ NODE })).toEqual({
            status: 1,
            stdout: "",
            stderr:
                `Several nodes have the label ${LABEL}: a b\n` +
                `Keep it on the node that has the data, and remove it from the others: docker node update --label-rm ${LABEL} NODE\n`,
        });
        expect(swarm.changes()).toEqual([]);
    });

    test("fails if no node is ready and active", () => {
        swarm.addNode("a", [], "down active");
        swarm.addNode("b", [], "ready drain");
        expect(swarm.create()).toEqual({
            status: 1,
            stdout: "",
            stderr: "No node of this Swarm is ready and active: see docker node ls\n",
        });
        expect(swarm.changes()).toEqual([]);
    });

    test("fails with Docker's error if the chosen node does not exist", () => {
        swarm.addNode("a");
        expect(swarm.create({ NODE: "z" })).toEqual({ status: 1, stdout: "", stderr: "node z not found\n" });
    });

    test("labels no node if Docker does not tell which one has the data", () => {
        swarm.addNode("a");
        swarm.command("docker", 'echo "not a swarm manager" >&2; exit 1');
        expect(swarm.create()).toMatchObject({ status: 1, stdout: "", stderr: "not a swarm manager\n" });
        expect(swarm.labelledNodes()).toEqual([]);
    });
});
