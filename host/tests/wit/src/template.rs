//! Modules and components in the text format with gaps for what the contract
//! says.

use crate::{Contract, Function};

impl Contract {
    /// Fills the gaps of a module or a component in the text format:
    ///
    /// - `{imports}`: all functions that core modules can import
    /// - `{import file-map}`: the function of that operation
    /// - `{type file-map}`: the type of its core function
    /// - `{interfaces}`: what a component imports, as [`Contract::interfaces`]
    ///   says it
    ///
    /// # Panics
    ///
    /// If there is another gap, or one for an operation that is not in `wit/`.
    pub fn fill(&self, template: &str) -> String {
        let mut parts = template.split('{');
        let mut text = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (gap, rest) = part.split_once('}').expect("a gap ends with }");
            text.push_str(&self.filling(gap));
            text.push_str(rest);
        }
        text
    }

    fn filling(&self, gap: &str) -> String {
        match gap.split_once(' ') {
            None if gap == "imports" => {
                let imports = self.core_functions().iter().map(Function::import);
                imports.collect::<Vec<_>>().join("\n")
            }
            None if gap == "interfaces" => self.interfaces(),
            Some(("import", operation)) => self.function(operation).import(),
            Some(("type", operation)) => self.function(operation).signature(),
            _ => panic!("nothing fills {{{gap}}}"),
        }
    }
}
