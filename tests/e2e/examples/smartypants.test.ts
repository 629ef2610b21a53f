import { visibleText } from "../browser.ts";
import { Clone } from "../clone.ts";
import { Example } from "../example.ts";
import { acceptsConnections, freePort, fetchPage } from "../network.ts";

describe("smartypants", () => {
    const clone = new Clone();
    const example = new Example(clone, "smartypants");
    let url = "";
    let redisPort = 0;

    /** Writes a Redis dump with one fact into the directory `own` of the example. */
    function writeDump(fact: string): void {
        clone.shell(
            `id=$(docker run --detach redis:8)
             until docker exec $id redis-cli ping >/dev/null 2>&1; do sleep 0.2; done
             docker exec $id redis-cli RPUSH facts "${fact}" &&
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

    test("shows the facts of a dump in a host directory", async () => {
        const text = await visibleText(url, `${clone.dir}/.drydock/smartypants.png`);
        expect(text).toContain("Smarty Pants");
        expect(text).toContain("Octopuses have three hearts");
        expect(clone.shell(`ls ${example.dir}/redis`)).toContain("dump.rdb");
    });

    test("gives the main process the variables of docker run --link", () => {
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

    test("says that Redis is empty, or that it does not respond", async () => {
        example.redis("redis", "DEL facts");
        expect(await fetchPage(url)).toContain("There is no data in Redis yet.");
        clone.shell(`docker stop ${example.container("redis")}`);
        const response = await fetch(url);
        expect(response.status).toBe(503);
        expect(await response.text()).toContain("Redis does not answer");
    });

    test("refuses overHost without a published port of Redis", async () => {
        example.configure({ overHost: true });
        const { code, output } = await example.make("up");
        expect({ code, output }).toFail();
        expect(output).toContain("overHost: Redis is not published; set redisPort too");
    });

    test("loads another dump, and reaches Redis over its published port", async () => {
        expect(await acceptsConnections(redisPort)).toBe(false);
        writeDump("Found in the directory");
        example.configure({ data: "own", redisPort, overHost: true });
        await example.up();
        expect(await fetchPage(url)).toContain("Found in the directory");
        expect(example.environment("app")).toMatchObject({
            DB_PORT: `tcp://host.docker.internal:${redisPort}`,
        });
        expect(await acceptsConnections(redisPort)).toBe(true);
    });
});
