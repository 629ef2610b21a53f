import { RedisService } from "../../components";
import { run } from "./mocks";
test("x", async () => {
    const r = await run(() => { const c = new RedisService("cache", {publish: {}}); return { connection: c.connection, address: c.address }; });
    console.log(JSON.stringify(r, null, 1));
    const f = await run(() => { const c = new RedisService("cache", {publish: {}}); return { connection: c.connection, address: c.address }; }, { preview: "first" });
    console.log(JSON.stringify(f.outputs), f.one("docker:index/container:Container").inputs);
    const s = await run(() => { const c = new RedisService("cache", {publish: {}}); return { connection: c.connection, address: c.address }; }, { slow: "cache-image" });
    console.log(s.early);
});
