import { BRANCHES } from "./preview-branches.ts";
import { describeSummaries } from "./preview-summaries.ts";

describeSummaries(BRANCHES);
