/** Hovers on assembly: what an MPX instruction does and, while debugging, what the bounds it names are now. */
import * as vscode from 'vscode';
import { explainInstruction } from '../../isa/text/mpx-help.ts';
import { DEBUG_TYPE } from '../sessions.ts';

/** Mnemonics that `explainInstruction` knows, and the instruction from there to the end of its operands. */
const MNEMONIC = /\bbnd(mk|cl|cu|cn|mov|ldx|stx)?\b/i;

export class InstructionHover implements vscode.HoverProvider, vscode.EvaluatableExpressionProvider {
  /** While debugging, the session's answer, which also knows the registers, takes the place of this one. */
  provideHover(document: vscode.TextDocument, position: vscode.Position): vscode.Hover | undefined {
    if (vscode.debug.activeDebugSession?.type === DEBUG_TYPE) return undefined;
    const range = document.getWordRangeAtPosition(position, MNEMONIC);
    const help = range && explainInstruction(document.getText(range));
    return help && new vscode.Hover(`**${help.title}**\n\n${help.sentence}`, range);
  }

  /** The whole instruction where the mouse is on an MPX mnemonic, else the word: a register, a symbol. */
  provideEvaluatableExpression(
    document: vscode.TextDocument,
    position: vscode.Position,
  ): vscode.EvaluatableExpression | undefined {
    const range = document.getWordRangeAtPosition(position, MNEMONIC);
    if (range) {
      const rest = document.lineAt(range.start.line).text.slice(range.start.character);
      return new vscode.EvaluatableExpression(range, rest.replace(/\s*(#|\/\/|\/\*|;).*$/, ''));
    }
    const word = document.getWordRangeAtPosition(position, /[A-Za-z_$.][\w$.]*/);
    return word && new vscode.EvaluatableExpression(word, document.getText(word));
  }
}
