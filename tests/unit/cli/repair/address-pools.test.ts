import { join } from "node:path";
import { addressAdvice, freeRanges, routesIn } from "../../../../cli/repair/address-pools.ts";
import { ROOT, Sandbox } from "../../scripts/sandbox.ts";

const POOLS = [
    { Base: "172.17.0.0/16", Size: 16 },
    { Base: "172.18.0.0/15", Size: 16 },
    { Base: "192.168.0.0/16", Size: 20 },
];

describe("the number of networks that Docker can create", () => {
    test.each<[string, string[], number]>([
        ["all of them, without networks", [], 19],
        ["less the subnets in use", ["172.17.0.0/16", "192.168.16.0/20"], 17],
        ["less a subnet that contains a smaller network", ["172.18.5.0/24", "172.18.9.0/24"], 18],
        ["less the subnets within a larger network", ["192.168.0.0/16"], 3],
        ["unchanged by other addresses", ["10.0.0.0/8", "fd00::/64", ""], 19],
        ["0 if all are in use", ["172.16.0.0/12", "192.168.0.0/16"], 0],
    ])("is %s", (_, used, left) => {
        expect(freeRanges(POOLS, used)).toBe(left);
    });

    test("excludes the routes of this machine", () => {
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

    test("is printed with the remedies", () => {
        expect(addressAdvice(0)).toContain("no subnet left for another network");
        expect(addressAdvice(2)).toMatch(/subnets for 2 more networks.*`network`.*`default-address-pools`/);
    });

    test.each([
        ["before an update, if it is low", "repair.ts shop dev up", 28, "subnets for 3 more networks"],
        ["after a failed update, if it is 0", "failure.ts shop dev", 31, "no subnet left"],
    ])("is printed %s", (_, command, networks, sentence) => {
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
                info*) echo id false ;;
                *--filter*) ;;
                "network ls"*) printf '${ids}' ;;
                "network inspect"*) echo ${ranges.slice(0, networks).join(" ")} ;;
            esac`,
        );
        // On a remote engine, the routes of this machine do not count.
        const env = { DOCKER_HOST: "tcp://docker.example.com" };
        const { code, output } = box.run(`node ${join(ROOT, "scripts")}/${command}`, env);
        expect(output).toContain(`Docker has ${sentence}`);
        expect(output).toContain("`default-address-pools`");
        expect(code).toBe(0);
        box.dispose();
    });
});
