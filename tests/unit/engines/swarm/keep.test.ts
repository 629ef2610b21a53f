import { keepScript } from "../../../../components/engines/swarm/data-scripts.ts";
import { calls, changes, CONTAINER, fake, MARK, marked, node, PLACE, run, say } from "../fake-swarm.ts";

describe("what marks the node that holds the data", () => {
    const keep = (on = "", docker = "docker") =>
        run(keepScript({ docker, place: PLACE, container: CONTAINER, node: on }));

    test("marks the one with the fewest labels, where none is marked, and says the place", () => {
        node("a", ["x=1", "y=1"]);
        node("b", ["x=1"]);
        node("c", ["x=1", "y=1", "z=1"]);
        expect(keep()).toEqual({ status: 0, stdout: PLACE, stderr: "" });
        expect(marked()).toEqual(["b"]);
    });

    test("goes by number and by name, and not by the order in which Docker lists them", () => {
        for (let i = 0; i < 10; i++)
            node(
                "a",
                [...Array(10).keys()].map((n) => `l${n}=1`),
            );
        node("d", ["x=1", "y=1"]);
        node("c", ["x=1", "y=1"]);
        expect(keep().status).toBe(0);
        expect(marked()).toEqual(["c"]);
    });

    test.each(["down active", "ready drain", "ready pause", "unknown active"])(
        "passes over a node that is %s",
        (state) => {
            node("a", [], state);
            node("b", ["x=1"]);
            expect(keep().status).toBe(0);
            expect(marked()).toEqual(["b"]);
        },
    );

    test("marks the one that it is told", () => {
        node("a");
        node("b", ["x=1"]);
        expect(keep("b")).toEqual({ status: 0, stdout: PLACE, stderr: "" });
        expect(marked()).toEqual(["b"]);
    });

    test("stays with the place that it has had, whatever the component is called now", () => {
        node("a");
        node("b", ["drydock.data.shop.dev.before=true"]);
        const script = keepScript({ docker: "docker", place: PLACE, container: CONTAINER, node: "" });
        expect(run(`PLACE=shop.dev.before\n${script}`)).toEqual({
            status: 0,
            stdout: "shop.dev.before",
            stderr: "",
        });
        expect(changes()).toEqual([]);
    });

    test("does not choose again where the data has lost its mark, and says how out", () => {
        node("a");
        const script = keepScript({ docker: "docker", place: PLACE, container: CONTAINER, node: "" });
        expect(run(`PULUMI_COMMAND_STDOUT=${PLACE}\n${script}`)).toEqual({
            status: 1,
            stdout: "",
            stderr:
                `No node of this Swarm is marked as holding the data of ${PLACE}.\n` +
                `Mark the one that does: docker node update --label-add ${MARK}=true NODE\n`,
        });
        expect(changes()).toEqual([]);
    });

    test("marks a node for another place, and says that the data of the one before stays", () => {
        node("a");
        const script = keepScript({ docker: "docker", place: PLACE, container: CONTAINER, node: "" });
        expect(run(`PULUMI_COMMAND_STDOUT=shop.dev.before\n${script}`)).toEqual({
            status: 0,
            stdout: PLACE,
            stderr: "The data of shop.dev.before is not used any more, and stays where it is.\n",
        });
        expect(marked()).toEqual(["a"]);
    });

    test("takes over what a Docker Engine has kept: the node is this one", () => {
        node("a");
        node("b", ["x=1"]);
        say("volumes", `${PLACE}\n`);
        expect(keep()).toEqual({ status: 0, stdout: PLACE, stderr: "" });
        expect(marked()).toEqual(["b"]);
    });

    test("refuses while a container of this Docker Engine is at work on the data, and says how out", () => {
        node("b");
        say("container", "true\n");
        expect(keep()).toEqual({
            status: 1,
            stdout: "",
            stderr:
                `${CONTAINER} runs on this Docker Engine, with the data of ${PLACE}: two at a time would destroy it.\n` +
                `Stop it, which loses nothing, and run this again: docker stop ${CONTAINER}\n`,
        });
        expect(changes()).toEqual([]);
    });

    test("tries again where another mark was made at the same time", () => {
        node("a");
        say("conflicts", "once\ntwice\n");
        expect(keep()).toEqual({ status: 0, stdout: PLACE, stderr: "" });
        expect(marked()).toEqual(["a"]);
    });

    test("gives up where that does not end, and says so", () => {
        node("a");
        say("fails", "rpc error: update out of sequence");
        expect(keep()).toMatchObject({ status: 1, stderr: "rpc error: update out of sequence\n" });
    });

    test.each(["", "b"])("leaves a mark where it is, told %j", (on) => {
        node("a");
        node("b", ["x=1", `${MARK}=true`], "down active");
        expect(keep(on)).toEqual({ status: 0, stdout: PLACE, stderr: "" });
        expect(marked()).toEqual(["b"]);
        expect(changes()).toEqual([]);
    });

    test("is not led astray by the mark of other data", () => {
        node("a", [`${MARK}2=true`, "drydock.data.shop.dev.cache=true"]);
        node("b");
        expect(keep().status).toBe(0);
        expect(marked()).toEqual(["b"]);
    });

    test("refuses another node than the one that holds it, says how out, and changes nothing", () => {
        node("a");
        node("b", [`${MARK}=true`]);
        expect(keep("a")).toEqual({
            status: 1,
            stdout: "",
            stderr:
                `The data of ${PLACE} is on b, and swarm.node is a: it does not move by itself, and is untouched.\n` +
                `Set swarm.node to b; or copy the data, and move the label ${MARK} with docker node update.\n`,
        });
        expect(marked()).toEqual(["b"]);
        expect(changes()).toEqual([]);
    });

    test.each(["", "a"])("refuses several that are marked, and says which, told %j", (on) => {
        node("a", [`${MARK}=true`]);
        node("b", [`${MARK}=true`]);
        expect(keep(on)).toEqual({
            status: 1,
            stdout: "",
            stderr:
                `Several nodes are marked as holding the data of ${PLACE}: a b\n` +
                `Leave the mark on the one that does: docker node update --label-rm ${MARK} NODE\n`,
        });
        expect(changes()).toEqual([]);
    });

    test("refuses where no node is ready", () => {
        node("a", [], "down active");
        node("b", [], "ready drain");
        expect(keep()).toEqual({
            status: 1,
            stdout: "",
            stderr: "No node of this Swarm is ready and active: see docker node ls\n",
        });
        expect(changes()).toEqual([]);
    });

    test("fails with Docker's own words where the node that it is told is none", () => {
        node("a");
        expect(keep("z")).toEqual({ status: 1, stdout: "", stderr: "node z not found\n" });
    });

    test("fails where Docker does not say who holds the data, and marks none", () => {
        node("a");
        fake("docker", `#!/bin/sh\necho "not a swarm manager" >&2\nexit 1\n`);
        expect(keep()).toMatchObject({ status: 1, stdout: "", stderr: "not a swarm manager\n" });
        expect(marked()).toEqual([]);
    });

    test("talks to the Docker Engine that it is told of, at every step", () => {
        node("a");
        expect(keep("", "docker --host ssh://me@big").status).toBe(0);
        expect(calls()).toHaveLength(6);
        for (const call of calls())
            expect(call).toMatch(/^\[--host\]\[ssh:\/\/me@big\]\[(node|container|volume)\]/);
    });
});
