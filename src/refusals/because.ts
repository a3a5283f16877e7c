/**
 * Why a rule or a procedure says no, without words: each reason with its facts, and each next step with the facts that it needs.
 * The front ends have the sentences (`commands/wording` for the terminal). What a customer can meet stands in the customers' half;
 * the types make sure that both tables are complete.
 */
import type { CustomerReasons, CustomerSteps } from './customer-reasons.js';
import type { DeskReasons } from './desk-reasons.js';
import type { DeskSteps } from './desk-steps.js';

export type Reasons = DeskReasons & CustomerReasons;
export type Reason = keyof Reasons;

export type Steps = DeskSteps & CustomerSteps;
export type Step = keyof Steps;

/** What a refusal carries in place of a sentence. */
export interface Because {
  readonly reason: Reason;
  readonly facts: object;
}

export interface NextStep {
  readonly step: Step;
  readonly facts: object;
}
