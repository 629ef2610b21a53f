import {
    Engine,
    RedisService,
    type SwarmDataArgs,
    WebApp,
    type WebAppArgs,
} from "../../../../components/index.ts";
import { runOn, service } from "../index.ts";

/** Declares a WebApp `web` on a Swarm, and returns its service, or that of a process: `web-worker`. */
export async function declareWebApp(args: Partial<WebAppArgs> = {}, serviceName = "web") {
    const { one } = await runOn(Engine.Swarm, (engine) => ({
        url: new WebApp("web", { engine, image: "x:1", ...args }).url,
    }));
    return service(one, serviceName);
}

/** Declares a published RedisService on a Swarm. */
export function declareRedis(swarm?: SwarmDataArgs) {
    return runOn(Engine.Swarm, (engine) => ({
        address: new RedisService("cache", { engine, swarm, publish: { port: 80 } }).address,
    }));
}
