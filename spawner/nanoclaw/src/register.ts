/** Puts the driver into the host's registry. */
import { ClawpodDriver } from './driver.js';
import type { DriverCapabilities, SessionDriver, SessionSpec } from './session-driver.js';
import { readSettings } from './settings.js';

/** What NANOCLAW_RUNTIME_DRIVER may say to choose it. */
export const DRIVER_KINDS = ['clawpod', 'k8s'] as const;

/** The host's `registerSessionDriver`, whatever the policy is that it hands to drivers. */
export type RegisterSessionDriver<Policy> = (kind: string, factory: (policy: Policy) => SessionDriver) => void;

/** The host's `validateSpec`: throws if a session breaks the policy. */
export type ValidateSpec<Policy, Spec> = (spec: Spec, policy: Policy, capabilities: DriverCapabilities) => void;

/**
 * Registers the driver. The host chooses by NANOCLAW_RUNTIME_DRIVER, from its environment or its `.env`; the settings
 * (CLAWPOD_URL and the others) are read only if it chooses this one, and then a wrong one stops the host with its name.
 */
export function register<Policy, Spec extends SessionSpec>(
  registerSessionDriver: RegisterSessionDriver<Policy>,
  validateSpec: ValidateSpec<Policy, Spec>,
): void {
  for (const kind of DRIVER_KINDS) {
    registerSessionDriver(kind, (policy) => {
      return new ClawpodDriver({
        settings: readSettings(),
        // It is the host's own spec, which has come back to the host's own check.
        validate: (spec, capabilities) => validateSpec(spec as Spec, policy, capabilities),
        log: (line) => console.warn(`clawpod: ${line}`),
      });
    });
  }
}
