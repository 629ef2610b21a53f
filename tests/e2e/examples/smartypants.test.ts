import { visibleText } from "../browser.ts";
import { Clone } from "../clone.ts";
import { Example } from "../example.ts";
import { acceptsConnections, freePort, fetchPage } from "../network.ts";

describe("smartypants", () => {
    const clone = new Clone();
    const example = new Example(clone, "smartypants");
    let url = "";
    let redisPort = 0;

    /** A dump of a Redis that holds one fact, in the directory that the example's Redis is to use. */
    function dumpInDirectory(fact: string): void {
        clone.shell(
            `id=$(docker run --detach redis:8) && sleep 1 && docker exec $id redis-cli RPUSH facts "${fact}" &&
             docker exec $id redis-cli SAVE && mkdir -p ${example.dir}/own &&
             docker cp $id:/data/dump.rdb ${example.dir}/own/dump.rdb && docker rm --force --volumes $id`,
        );
    }

    beforeAll(async () => {
        const port = await freePort();
        redisPort = await freePort();
        url = `http://127.0.0.1:${port}`;
        example.configure({ port });
        await example.up();
    });
    afterAll(async () => {
        await example.make("down");
        expect(example.dockerObjects()).toBe("");
        await clone.dispose();
    });

    test("a person reads the facts of the dump, which lies in a directory of the host", async () => {
        const text = await visibleText(url, `${clone.dir}/.drydock/smartypants.png`);
        expect(text).toContain("Smarty Pants");
        expect(text).toContain("Octopuses have three hearts");
        expect(clone.shell(`ls ${example.dir}/redis`)).toContain("dump.rdb");
    });

    test("the main process sees what docker run --link injected", () => {
        const host = example.container("redis");
        expect(example.environment("app")).toMatchObject({
            DB_NAME: `/${example.container("app")}/db`,
            DB_PORT: `tcp://${host}:6379`,
            DB_PORT_6379_TCP: `tcp://${host}:6379`,
            DB_PORT_6379_TCP_PROTO: "tcp",
            DB_PORT_6379_TCP_ADDR: host,
            DB_PORT_6379_TCP_PORT: "6379",
        });
    });

    test("an empty Redis is said to be one, and one that is away too", async () => {
        example.redis("redis", "DEL facts");
        expect(await fetchPage(url)).toContain("There is no data in Redis yet.");
        clone.shell(`docker stop ${example.container("redis")}`);
        const response = await fetch(url);
        expect(response.status).toBe(503);
        expect(await response.text()).toContain("Redis does not answer");
    });

    test("an application that is to reach Redis over a port that is not published is refused", async () => {
        example.configure({ overHost: true });
        const { code, output } = await example.make("up");
        expect(code).not.toBe(0);
        expect(output).toContain("overHost: Redis is not published; set redisPort too");
    });

    test("a dump that lies in the directory appears as data, over the machine's published port too", async () => {
        expect(await acceptsConnections(redisPort)).toBe(false);
        dumpInDirectory("Found in the directory");
        example.configure({ data: "own", redisPort, overHost: true });
        await example.up();
        expect(await fetchPage(url)).toContain("Found in the directory");
        expect(example.environment("app")).toMatchObject({
            DB_PORT: `tcp://host.docker.internal:${redisPort}`,
        });
        expect(await acceptsConnections(redisPort)).toBe(true);
    });
});
