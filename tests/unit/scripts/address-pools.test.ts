import { join } from "node:path";
import { addressAdvice, freeRanges, routesIn } from "../../../scripts/address-pools.ts";
import { ROOT, Sandbox } from "./sandbox.ts";

const POOLS = [
    { Base: "172.17.0.0/16", Size: 16 },
    { Base: "172.18.0.0/15", Size: 16 },
    { Base: "192.168.0.0/16", Size: 20 },
];

describe("the networks that Docker has addresses for", () => {
    test.each<[string, string[], number]>([
        ["all, on an engine without networks", [], 19],
        ["those that no network has", ["172.17.0.0/16", "192.168.16.0/20"], 17],
        ["not those that a smaller network is in", ["172.18.5.0/24", "172.18.9.0/24"], 18],
        ["not those within a larger network", ["192.168.0.0/16"], 3],
        ["as many as ever beside other addresses", ["10.0.0.0/8", "fd00::/64", ""], 19],
        ["none, where all are taken", ["172.16.0.0/12", "192.168.0.0/16"], 0],
    ])("are %s", (_, used, left) => {
        expect(freeRanges(POOLS, used)).toBe(left);
    });

    test("are none where this machine's own routes lead", () => {
        const table = [
            "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
            "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0",
            "tun0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0",
            "eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0",
            "",
        ].join("\n");
        expect(routesIn(table)).toEqual(["172.17.0.0/16", "192.168.1.0/24"]);
        expect(freeRanges(POOLS, routesIn(table))).toBe(17);
    });

    test("are told with the remedies", () => {
        expect(addressAdvice(0)).toContain("no addresses left for another network");
        expect(addressAdvice(2)).toMatch(/addresses for 2 more networks.*`network`.*`default-address-pools`/);
    });

    test.each([
        ["before an update, if there are few", "repair.ts shop dev up", 28, "addresses for 3 more networks"],
        ["after one that has failed, if there are none", "failure.ts dev", 31, "no addresses left"],
    ])("are told %s", (_, command, networks, sentence) => {
        const box = new Sandbox();
        const ids = Array.from({ length: networks }, (_, i) => `n${i}\\tnet${i}\\n`).join("");
        const ranges = [
            ...Array.from({ length: 15 }, (_, i) => `172.${17 + i}.0.0/16`),
            ...Array.from({ length: 16 }, (_, i) => `192.168.${16 * i}.0/20`),
        ];
        box.program("pulumi", `case $1 in stack) echo '{"deployment":{}}' ;; config) echo '{}' ;; esac`);
        box.program(
            "docker",
            `case "$*" in
                *Pools*) echo null ;;
                info*) echo false ;;
                *--filter*) ;;
                "network ls"*) printf '${ids}' ;;
                "network inspect"*) echo ${ranges.slice(0, networks).join(" ")} ;;
            esac`,
        );
        // Another machine's routes do not count.
        const env = { DOCKER_HOST: "tcp://docker.example.com" };
        const { code, output } = box.run(`node ${join(ROOT, "scripts")}/${command}`, env);
        expect(output).toContain(`Docker has ${sentence}`);
        expect(output).toContain("`default-address-pools`");
        expect(code).toBe(0);
        box.dispose();
    });
});
