/** What the adapter can do. Every `true` here is driven by a test (test/dap/capabilities.test.ts). */
import { EXCEPTION_FILTERS } from '../debugger/exception-filters.ts';
import type { DebugProtocol } from './messages.ts';

export function capabilities(): DebugProtocol.Capabilities {
  return {
    supportsConfigurationDoneRequest: true,
    supportsFunctionBreakpoints: true,
    supportsConditionalBreakpoints: true,
    supportsHitConditionalBreakpoints: true,
    supportsEvaluateForHovers: true,
    supportsSetVariable: true,
    supportsGotoTargetsRequest: true,
    supportsStepInTargetsRequest: true,
    supportsCompletionsRequest: true,
    completionTriggerCharacters: ['.', '$', '%'],
    supportsModulesRequest: true,
    additionalModuleColumns: [{ attributeName: 'lines', label: 'Line information', type: 'string' }],
    supportsRestartRequest: true,
    supportsValueFormattingOptions: true,
    supportsExceptionInfoRequest: true,
    supportTerminateDebuggee: true,
    supportsDelayedStackTraceLoading: true,
    supportsLoadedSourcesRequest: true,
    supportsLogPoints: true,
    supportsSetExpression: true,
    supportsTerminateRequest: true,
    supportsReadMemoryRequest: true,
    supportsWriteMemoryRequest: true,
    supportsDisassembleRequest: true,
    supportsCancelRequest: true,
    supportsBreakpointLocationsRequest: true,
    supportsClipboardContext: true,
    supportsSteppingGranularity: true,
    supportsSingleThreadExecutionRequests: true,
    supportsInstructionBreakpoints: true,
    supportsStepBack: true,
    supportsDataBreakpoints: true,
    supportsDataBreakpointBytes: true,
    breakpointModes: [
      { mode: 'value', label: 'Value', appliesTo: ['data'] },
      {
        mode: 'bounds',
        label: 'Bounds of the pointer',
        description: 'The entry of the bounds table that belongs to the pointer, instead of the pointer itself.',
        appliesTo: ['data'],
      },
    ],
    supportsExceptionFilterOptions: true,
    exceptionBreakpointFilters: EXCEPTION_FILTERS.map(({ id, label, description, default: on }) => ({
      filter: id,
      label,
      description,
      default: on,
      supportsCondition: true,
      conditionDescription: 'An expression, for example: bnd0.size < 16 && rax != 0',
    })),
  };
}
