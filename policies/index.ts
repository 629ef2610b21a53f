import { PolicyPack } from "@pulumi/policy";
import { policies } from "./pack.ts";

new PolicyPack("drydock", { policies: policies() });
