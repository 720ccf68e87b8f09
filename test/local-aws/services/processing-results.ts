/**
 * What AWS writes beside an account that it did not process.
 *
 * The texts are documented nowhere and have changed (master became administrator), so a handler must not read them: tests run it under
 * every wording. Sources: [SEA814] aws-secure-environment-accelerator issue 814; [THIRD] a public operations script that classifies the
 * texts; [I] inferred.
 */

/** `seen`: the texts that people have reported; `renamed`: as they would read since the renaming; `opaque`: nothing to be learned. */
export type Wording = 'seen' | 'renamed' | 'opaque';

export type Reason =
  | 'alreadyMember' | 'tooMany' | 'stillAssociated' | 'notAssociated' | 'otherAdministrator' | 'invalidInput' | 'itself'
  | 'managementAccount' | 'suspended' | 'organizationMember' | 'quota' | 'central' | 'otherAdministration';

const REJECTED = 'The request is rejected because';

const SEEN: Readonly<Record<Reason, string>> = {
  alreadyMember: `${REJECTED} the given account ID is already a member or associated member of the current account.`, // [SEA814]
  tooMany: 'Maximum number of results exceeded', // [SEA814]
  stillAssociated: `${REJECTED} the current account cannot delete the given member account ID since it is still associated to it.`, // [THIRD]
  notAssociated: `${REJECTED} the given account ID is not yet associated to it.`, // [THIRD]
  otherAdministrator: `${REJECTED} the given account ID is already an associated member of another master account.`, // [THIRD]
  invalidInput: `${REJECTED} an invalid or out-of-range value is specified as an input parameter.`, // [THIRD]
  itself: `${REJECTED} an account cannot become a member of itself.`, // [THIRD]
  managementAccount: 'The organization management account must enable Security Hub before it can be added as a member account.', // [I]
  suspended: `${REJECTED} the given account ID is suspended.`, // [I]
  organizationMember: 'Operation is not supported for accounts that belong to an organization.', // [I]
  quota: 'The maximum number of member accounts is reached.', // [I]
  central: 'Account is managed by a configuration policy.', // [SEA1227] text of the AccessDeniedException
  otherAdministration: `${REJECTED} the given account ID administers other accounts.`, // [I]
};

/** The text for a reason in a wording. */
export function processingResult(reason: Reason, wording: Wording): string {
  switch (wording) {
    case 'seen': return SEEN[reason];
    case 'renamed': return SEEN[reason].replace('master', 'administrator').replace('The request is rejected because', 'Rejected:');
    case 'opaque': return 'The account could not be processed. Try again later.';
  }
}
